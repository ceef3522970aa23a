// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.ipsec.esp.EspHeader;
import io.vpnmesh.ipsec.esp.EspVerdict;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.node.Demux;
import io.vpnmesh.sidecar.inbound.InboundPolicy;
import io.vpnmesh.sidecar.packet.MssClamp;
import io.vpnmesh.sidecar.packet.PacketHeader;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.MonotonicClock;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.tun.TunDevice;
import io.vpnmesh.transport.tun.TunWriter;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The thread {@code udp-receive}: datagram, kind, SA, open, policy, TUN; what is not ESP goes to the conductor. */
final class InboundLoop {

    private static final int BATCH = 8;
    private static final int MAX_DATAGRAM_BYTES = 65536;
    private static final int UDP_HEADER = 8;
    private static final int IDLE_POLL_MS = 1000;
    private static final long SECOND_NS = 1_000_000_000L;

    private final UdpPort port;
    private final TunWriter tun;
    private final TableHolder tables;
    private final InboundPolicy policy;
    private final ControlInbox control;
    private final DropCounters drops = new DropCounters();
    private final PacketHeader header = new PacketHeader();
    private final byte[] buffer = new byte[MAX_DATAGRAM_BYTES];
    private int nowSeconds;

    InboundLoop(UdpPort port, TunDevice tun, TableHolder tables, InboundPolicy policy, ControlInbox control) {
        this.port = port;
        this.tun = tun.newWriter();
        this.tables = tables;
        this.policy = policy;
        this.control = control;
    }

    DropCounters drops() {
        return drops;
    }

    void run() {
        try (tun;
                DatagramBatch batch = new DatagramBatch(BATCH)) {
            for (int count = port.receive(batch, IDLE_POLL_MS);
                    count != UdpPort.STOPPED;
                    count = port.receive(batch, IDLE_POLL_MS)) {
                nowSeconds = (int) (MonotonicClock.nowNs() / SECOND_NS);
                for (int i = 0; i < count; i++) {
                    guarded(batch, i);
                }
            }
        }
    }

    /** The rim of the loop: one message must not end the pod's network. */
    private void guarded(DatagramBatch batch, int message) {
        try {
            handle(batch, message);
        } catch (RuntimeException e) {
            drops.fault(e);
        }
    }

    private void handle(DatagramBatch batch, int message) {
        int slot = Math.max(1, batch.slotLength(message));
        Endpoint source = batch.source(message);
        for (int at = 0; at < batch.length(message); at += slot) {
            int length = Math.min(slot, batch.length(message) - at);
            batch.copy(message, at, buffer, 0, length);
            handle(source, length);
        }
    }

    private void handle(Endpoint source, int length) {
        switch (Demux.classify(buffer, 0, length)) {
            case ESP -> esp(source, length);
            case IKE -> toControl(control.ike(source, Arrays.copyOfRange(buffer, Demux.MARKER_BYTES, length)));
            case STUN -> toControl(control.stun(source, Arrays.copyOf(buffer, length)));
            case KEEPALIVE -> {
                // Its work was done in the NATs on the way.
            }
            case GARBAGE -> drops.count(DropReason.GARBAGE);
        }
    }

    private void toControl(boolean taken) {
        if (!taken) {
            drops.count(DropReason.CONTROL_BUSY);
        }
    }

    private void esp(Endpoint source, int length) {
        @Nullable InboundSa sa = tables.tables().inbound().lookup(EspHeader.spi(buffer, 0));
        if (sa == null) {
            drops.count(DropReason.UNKNOWN_SPI);
            return;
        }
        int inner = sa.child().opener().open(buffer, 0, length);
        if (inner < 0) {
            refused(inner);
            return;
        }
        if (!header.parse(buffer, EspHeader.LENGTH, inner)) {
            drops.count(DropReason.MALFORMED);
            return;
        }
        switch (sa) {
            case InboundSa.OfRelay relay -> {
                if (isUdpTo(Signal.PORT)) {
                    toControl(control.signal(relay.relay(), udpPayload()));
                }
            }
            case InboundSa.OfPeer peer -> fromPeer(peer.peer(), source, inner);
        }
    }

    private void fromPeer(OverlayPeer peer, Endpoint source, int inner) {
        peer.countIn(source);
        if (isUdpTo(Signal.PROBE_PORT)) {
            toControl(control.probe(peer, source, udpPayload()));
            return;
        }
        if (!policy.admits(buffer, header, nowSeconds)) {
            drops.count(DropReason.INBOUND_POLICY);
            return;
        }
        MssClamp.clamp(buffer, header, peer.maxPacketBytes());
        if (tun.write(buffer, EspHeader.LENGTH, inner) < 0) {
            drops.count(DropReason.TUN_REFUSED);
        }
    }

    private boolean isUdpTo(int destinationPort) {
        return header.protocol() == IpView.UDP && header.destinationPort() == destinationPort;
    }

    private byte[] udpPayload() {
        IpView ip = header.ip();
        int from = ip.l4Offset() + UDP_HEADER;
        return Arrays.copyOfRange(buffer, from, ip.l4Offset() + ip.l4Length());
    }

    private void refused(int verdict) {
        switch (verdict) {
            case EspVerdict.REPLAYED -> drops.count(DropReason.REPLAYED);
            case EspVerdict.BAD_ICV -> drops.count(DropReason.BAD_ICV);
            case EspVerdict.SELECTOR -> drops.count(DropReason.SELECTOR);
            case EspVerdict.DUMMY -> {
                // Cover traffic ends here by design (RFC 4303 section 2.6).
            }
            default -> drops.count(DropReason.MALFORMED);
        }
    }
}
