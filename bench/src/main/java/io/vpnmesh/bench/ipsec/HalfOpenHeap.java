// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.testkit.MeshAuthority;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What attempts that never come to IKE_AUTH hold on the heap of the node that they are aimed at. */
final class HalfOpenHeap {

    static final int ATTEMPTS = 10_000;

    private static final Endpoint NOBODY = Endpoint.parse("192.0.2.254:4500");

    private final Host.Wire wire = new Host.Wire();
    private final MeshAuthority mesh = new MeshAuthority(SuiteName.DEFAULT, Host.NOW);
    private final byte[] init;

    private @Nullable Datagram answer;

    HalfOpenHeap() {
        List<byte[]> messages = new ArrayList<>();
        wire.nowhere(datagram -> messages.add(datagram.payload()));
        Host stranger = new Host(wire, mesh, mesh.verifier(), 3, /* hybrid= */ true);
        stranger.connect(2, NOBODY);
        wire.settle();
        init = messages.getFirst();
        wire.nowhere(datagram -> answer = datagram);
    }

    /** In bytes, after attempts from so many forged addresses: whoever is there never answers. */
    long ofSpoofedSources() {
        Host node = node(1);
        long before = HeapMeter.used();
        for (int i = 0; i < ATTEMPTS; i++) {
            node.receive(source(i), attempt(init, i));
            wire.settle();
        }
        long after = HeapMeter.used();
        return keep(node, after - before);
    }

    /** The same of sources that exist and show their cookie: the worst that an attacker can do with addresses of his own. */
    long ofSourcesWithCookies() throws MalformedException {
        Host node = node(2);
        long before = HeapMeter.used();
        for (int i = 0; i < ATTEMPTS; i++) {
            byte[] message = attempt(init, i);
            node.receive(source(i), message);
            wire.settle();
            IkePayload.Notify cookie = cookie();
            if (cookie != null) {
                node.receive(source(i), with(cookie, message));
                wire.settle();
            }
        }
        answer = null;
        long after = HeapMeter.used();
        return keep(node, after - before);
    }

    private Host node(int number) {
        return new Host(wire, mesh, mesh.verifier(), number, /* hybrid= */ true);
    }

    /** The node has to be reachable while it is measured. */
    private static long keep(Host node, long result) {
        if (!node.isIdle()) {
            throw new IllegalStateException("an attempt was let in");
        }
        return result;
    }

    private static Endpoint source(int number) {
        return new Endpoint(IpAddress.v4(172 << 24 | number), 4500);
    }

    /** Another initiator's SPI, everything else as it was. */
    private static byte[] attempt(byte[] message, int number) {
        byte[] another = message.clone();
        for (int i = 0; i < Integer.BYTES; i++) {
            another[i] ^= (byte) (number >>> 8 * i);
        }
        return another;
    }

    private IkePayload.@Nullable Notify cookie() throws MalformedException {
        Datagram last = answer;
        if (last == null) {
            throw new IllegalStateException("an attempt stayed without an answer");
        }
        byte[] message = last.payload();
        return IkeMessageCodec.decode(message, IkeHeader.decode(message))
                .notify(NotifyType.COOKIE)
                .orElse(null);
    }

    /** RFC 7296 section 2.6: the same request with the cookie as its first payload. */
    private static byte[] with(IkePayload.Notify cookie, byte[] message) throws MalformedException {
        IkeHeader header = IkeHeader.decode(message);
        List<IkePayload> payloads = new ArrayList<>();
        payloads.add(cookie);
        payloads.addAll(IkeMessageCodec.decode(message, header).all());
        return IkeMessageCodec.encode(header, new Payloads(payloads));
    }
}
