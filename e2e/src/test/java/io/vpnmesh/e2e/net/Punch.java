// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;

/// The plainest hole punching: both ends send to where STUN saw the other, and to wherever something came from.
final class Punch {
    private static final int ROUNDS = 12;
    private static final int INTERVAL_MS = 60;

    private Punch() {}

    static InetSocketAddress server(String address) {
        return new InetSocketAddress(address, TopologyPlan.STUN_PORT);
    }

    static DatagramSocket socket(Site site) {
        return InNamespace.call(
                site.node(), () -> new DatagramSocket(0, InetAddress.getByName(TopologyPlan.SitePlan.NODE_ADDRESS)));
    }

    /// Whether both ends got an answer to what they themselves sent.
    static boolean succeeds(Site one, Site other) throws Exception {
        try (var a = socket(one);
                var b = socket(other);
                var threads = Executors.newFixedThreadPool(2)) {
            var mappedA = StunProbe.mappedAddress(a, server(TopologyPlan.STUN_ADDRESS));
            var mappedB = StunProbe.mappedAddress(b, server(TopologyPlan.STUN_ADDRESS));
            if (mappedA.isEmpty() || mappedB.isEmpty()) {
                return false;
            }
            var fromA = threads.submit(end(a, mappedB.get()));
            var fromB = threads.submit(end(b, mappedA.get()));
            return fromA.get() & fromB.get();
        }
    }

    private static Callable<Boolean> end(DatagramSocket socket, InetSocketAddress signalled) {
        return () -> {
            Set<InetSocketAddress> peers = new LinkedHashSet<>(Set.of(signalled));
            var isAnswered = false;
            for (var round = 0; round < ROUNDS; round++) {
                for (var peer : peers) {
                    send(socket, "ping", peer);
                }
                isAnswered |= listen(socket, peers);
            }
            return isAnswered;
        };
    }

    private static boolean listen(DatagramSocket socket, Set<InetSocketAddress> peers) throws IOException {
        var isAnswered = false;
        var end = System.nanoTime() + INTERVAL_MS * 1_000_000L;
        for (var left = INTERVAL_MS; left > 0; left = (int) ((end - System.nanoTime()) / 1_000_000)) {
            var packet = new DatagramPacket(new byte[64], 64);
            socket.setSoTimeout(left);
            try {
                socket.receive(packet);
            } catch (SocketTimeoutException _) {
                return isAnswered;
            }
            var from = (InetSocketAddress) packet.getSocketAddress();
            peers.add(from);
            var text = new String(packet.getData(), 0, packet.getLength(), StandardCharsets.US_ASCII);
            if (text.equals("ping")) {
                send(socket, "pong", from);
            }
            isAnswered |= text.equals("pong");
        }
        return isAnswered;
    }

    private static void send(DatagramSocket socket, String text, InetSocketAddress to) throws IOException {
        var bytes = text.getBytes(StandardCharsets.US_ASCII);
        try {
            socket.send(new DatagramPacket(bytes, bytes.length, to));
        } catch (java.net.PortUnreachableException _) {
            // An ICMP answer to an earlier packet; the next round tells.
        }
    }
}
