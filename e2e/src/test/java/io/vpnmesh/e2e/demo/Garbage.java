// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.net.InNamespace;
import io.vpnmesh.e2e.run.LabException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.regex.Pattern;

/// Datagrams that nobody of the product would send, thrown from a node at the UDP ports of its pods.
final class Garbage {
    private static final int ROUNDS = 20;
    private static final int RELAY_PORT = 4500;
    private static final int METRICS_PORT = 29902;
    private static final int STUN_COOKIE = 0x2112A442;

    /// Of each round: the datagram that is too short for anything, and ESP under an SPI that nobody has.
    static final int UNMISTAKABLE = 2 * ROUNDS;

    private static final Pattern DROPPED =
            Pattern.compile("vpnmesh_sidecar_dropped_packets_total\\{reason=\"(?:garbage|unknown_spi)\"} ([0-9.]+)");

    private final Overlay overlay;

    Garbage(Overlay overlay) {
        this.overlay = overlay;
    }

    void throwAt(Member member) {
        NodeHands hands = new NodeHands(member.cluster());
        String sockets = hands.inNetworkOf(
                hands.sandbox(member.namespace(), member.pod()).pid(), "ss", "-Hulnp");
        List<Integer> ports = sockets.lines()
                .map(line -> line.strip().split("\\s+")[3])
                .map(address -> Integer.valueOf(address.substring(address.lastIndexOf(':') + 1)))
                .toList();
        if (ports.isEmpty()) {
            throw new LabException("the sidecar has no UDP socket: " + sockets);
        }
        ports.forEach(port -> throwAt(member.cluster(), member.podAddress(), port));
    }

    void throwAtRelay() {
        Pod relay = Pods.get(overlay.a(), Overlay.MESH_NAMESPACE, Overlay.MESH + "-relay-0");
        throwAt(overlay.a(), Objects.requireNonNull(relay.getStatus().getPodIP()), RELAY_PORT);
    }

    /// Packets of the network that a sidecar could make nothing of, so far.
    long droppedBy(Member member) {
        return DROPPED.matcher(metrics(member))
                .results()
                .mapToLong(result -> (long) Double.parseDouble(result.group(1)))
                .sum();
    }

    String metrics(Member member) {
        return String.valueOf(member.cluster()
                .client()
                .raw("/api/v1/namespaces/%s/pods/%s:%d/proxy/metrics"
                        .formatted(member.namespace(), member.pod(), METRICS_PORT)));
    }

    private static void throwAt(LabNode from, String address, int port) {
        int sent = InNamespace.call(from.site().node(), () -> {
            try (DatagramSocket socket = new DatagramSocket()) {
                List<byte[]> datagrams = datagrams(new Random(port));
                for (byte[] datagram : datagrams) {
                    socket.send(new DatagramPacket(datagram, datagram.length, InetAddress.getByName(address), port));
                }
                return datagrams.size();
            }
        });
        if (sent < UNMISTAKABLE) {
            throw new LabException("only " + sent + " datagrams left");
        }
    }

    private static List<byte[]> datagrams(Random random) {
        List<byte[]> all = new ArrayList<>();
        for (int i = 0; i < ROUNDS; i++) {
            all.add(new byte[] {1, 2, 3});
            all.add(begun(random, 40 + random.nextInt(1300), 0xF0000000 | random.nextInt(1 << 24)));
            all.add(begun(random, random.nextInt(1, 1400), random.nextInt()));
            // IKE, whose header promises more than there is
            all.add(begun(random, 32 + random.nextInt(600), 0));
            all.add(begun(random, 4, 0));
            // STUN with a good cookie and attributes that make no sense
            byte[] stun = begun(random, 20 + 4 * random.nextInt(100), 0x0001_0000 | random.nextInt(400) & ~3);
            ByteBuffer.wrap(stun).putInt(4, STUN_COOKIE);
            all.add(stun);
            all.add(new byte[0]);
        }
        return all;
    }

    /// Random bytes behind a first word.
    private static byte[] begun(Random random, int length, int word) {
        byte[] bytes = new byte[Math.max(4, length)];
        random.nextBytes(bytes);
        ByteBuffer.wrap(bytes).putInt(0, word);
        return bytes;
    }
}
