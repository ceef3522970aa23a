// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.sidecar.data.ControlInbox;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.transport.MachineDriver;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Carries what the packet threads found onto the conductor's thread. */
public final class ConductorInbox implements ControlInbox {

    private final MachineDriver driver;
    private volatile @Nullable Conductor conductor;

    public ConductorInbox(MachineDriver driver) {
        this.driver = driver;
    }

    /** Until then, what arrives is dropped. */
    public void open(Conductor target) {
        conductor = target;
    }

    private boolean offer(Consumer<Conductor> message) {
        Conductor target = conductor;
        return target != null && driver.offer(() -> message.accept(target));
    }

    @Override
    public boolean ike(Endpoint source, byte[] message) {
        return offer(target -> target.ikeReceived(source, message));
    }

    @Override
    public boolean stun(Endpoint source, byte[] message) {
        return offer(target -> target.stunReceived(source, message));
    }

    @Override
    public boolean signal(NodeId relay, byte[] datagram) {
        return offer(target -> target.signalReceived(relay, datagram));
    }

    @Override
    public boolean probe(OverlayPeer peer, Endpoint source, byte[] message) {
        return offer(target -> target.probeReceived(peer, source, message));
    }

    @Override
    public boolean demand(OverlayPeer peer) {
        return offer(target -> target.demand(peer));
    }
}
