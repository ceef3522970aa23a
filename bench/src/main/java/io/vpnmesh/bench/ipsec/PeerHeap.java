// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.sidecar.data.InboundSa;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.sidecar.data.PathUse;
import io.vpnmesh.sidecar.data.Transmission;
import io.vpnmesh.testkit.MeshAuthority;
import java.util.ArrayList;
import java.util.List;

/**
 * What one established peer holds on the heap of a node: IKE SA, the pair of Child SAs on the JDK's cipher with a packet
 * behind each, the machine of its paths with a direct one proven and two relays warm, and what the packet threads see of
 * it all. Half of the peers were called, half of them called us.
 */
final class PeerHeap {

    private static final int NODE = 1;
    private static final int FIRST = 100;
    private static final int FEW = 200;
    private static final int MANY = 1000;
    private static final int PACKET = 1400;

    private final Host.Wire wire = new Host.Wire();
    private final MeshAuthority mesh = new MeshAuthority(SuiteName.DEFAULT, Host.NOW);
    private final CertificateVerifier verifier = mesh.verifier();
    private final Host node = new Host(wire, mesh, verifier, NODE, /* hybrid= */ true);
    private final List<Object> held = new ArrayList<>(2 * MANY);

    /** Bytes for each peer beyond the first ones. */
    double bytesPerPeer() {
        grow(FEW);
        long before = HeapMeter.used();
        grow(MANY);
        return (HeapMeter.used() - before) / (double) (MANY - FEW);
    }

    private void grow(int peers) {
        while (node.sessions() < peers) {
            add(FIRST + node.sessions());
        }
    }

    private void add(int number) {
        Host peer = new Host(wire, mesh, verifier, number, /* hybrid= */ true);
        if (number % 2 == 0) {
            node.connect(peer);
        } else {
            peer.connect(node);
        }
        wire.settle();
        ChildSa ours = node.sending(node.session());
        ChildSa theirs = peer.sending(peer.session());
        exchange(ours, peer);
        exchange(theirs, node);
        ProvenPath paths = new ProvenPath(
                new ProvenPath.End(node.endpoint(), node.established(node.session())),
                new ProvenPath.End(peer.endpoint(), peer.established(peer.session())));
        OverlayPeer overlay = new OverlayPeer(MeshAuthority.node(number));
        PathUse use = new PathUse(paths.direct(), peer.endpoint());
        overlay.publishPaths(List.of(use));
        overlay.publish(new Transmission(ours, use, null));
        held.add(paths.agent());
        held.add(new InboundSa.OfPeer(overlay, ours));
        wire.remove(peer);
    }

    /** Ciphers make part of what they need with the first packet. */
    private static void exchange(ChildSa from, Host to) {
        byte[] buffer = new byte[16 + PACKET + 24];
        byte[] packet = EspPair.packet(
                PACKET,
                from.local().getFirst().start(),
                from.remote().getFirst().start());
        System.arraycopy(packet, 0, buffer, 16, packet.length);
        int length = from.sealer().seal(buffer, 16, packet.length);
        int inner = to.inbound(from.outboundSpi()).opener().open(buffer, 0, length);
        if (inner != PACKET) {
            throw new IllegalStateException("verdict " + inner);
        }
    }
}
