// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.ipsec.esp.EcnRules;
import io.vpnmesh.ipsec.esp.EspVerdict;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.node.Demux;
import io.vpnmesh.sidecar.inbound.InboundPolicy;
import io.vpnmesh.sidecar.packet.MssClamp;
import io.vpnmesh.sidecar.packet.PacketHeader;
import io.vpnmesh.sidecar.train.Coalescer;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.MonotonicClock;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.tun.TunDevice;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The thread {@code udp-receive}: datagram, kind, SA, open, policy, TUN; what is not ESP goes to the conductor. Packets
 * that continue each other are opened one behind the other and reach the pod as one frame, at the latest when all that
 * was received together is done.
 */
final class InboundLoop {

    /** Messages in one call; memory of those that never come is never touched. */
    private static final int BATCH = 32;

    /** Four whole trains: with what they are opened into, within a second-level cache. */
    private static final int BATCH_BYTES = 256 << 10;

    private static final int UDP_HEADER = 8;
    private static final int IDLE_POLL_MS = 1000;
    private static final long SECOND_NS = 1_000_000_000L;

    private final UdpPort port;
    private final TableHolder tables;
    private final InboundPolicy policy;
    private final ControlInbox control;
    private final TrainCounters counters;
    private final DropCounters drops = new DropCounters();
    private final Bulk.Meter bulk;
    private final PacketHeader header = new PacketHeader();
    private final FrameWriter writer;
    private final Coalescer frames;
    private int nowSeconds;

    /** The SA of the last SPI, as of this batch. */
    private @Nullable InboundSa sa;

    private int spi;

    /** What the last packet came in on, and from where; as of this message. */
    private @Nullable PathUse path;

    private @Nullable OverlayPeer pathOwner;

    InboundLoop(
            UdpPort port,
            TunDevice tun,
            TableHolder tables,
            InboundPolicy policy,
            ControlInbox control,
            TrainCounters counters,
            Bulk bulk) {
        this.port = port;
        this.tables = tables;
        this.policy = policy;
        this.control = control;
        this.counters = counters;
        this.bulk = bulk.new Meter();
        writer = new FrameWriter(tun.newWriter(), drops, counters);
        frames = new Coalescer(writer, tun.offload().joinsTcp(), tun.offload().joinsUdp());
        writer.of(frames);
    }

    DropCounters drops() {
        return drops;
    }

    void run() {
        try (writer;
                DatagramBatch batch = new DatagramBatch(BATCH, BATCH_BYTES)) {
            for (int count = port.receive(batch, IDLE_POLL_MS);
                    count != UdpPort.STOPPED;
                    count = port.receive(batch, IDLE_POLL_MS)) {
                long nowNs = MonotonicClock.nowNs();
                nowSeconds = (int) (nowNs / SECOND_NS);
                bulk.carried(batch.bytes(), nowNs);
                sa = null;
                for (int i = 0; i < count; i++) {
                    guarded(batch, i);
                }
                finish(nowNs);
            }
        }
    }

    /** The rim of the loop: one message must not end the pod's network. */
    private void guarded(DatagramBatch batch, int message) {
        try {
            handle(batch, message);
        } catch (RuntimeException e) {
            drops.fault(e);
            frames.discard();
        }
    }

    private void finish(long nowNs) {
        try {
            frames.flush();
            if (sa != null) {
                sa.child().opener().adaptWindow(nowNs);
            }
        } catch (RuntimeException e) {
            drops.fault(e);
            frames.discard();
        }
    }

    private void handle(DatagramBatch batch, int message) {
        int total = batch.length(message);
        if (total == 0) { // a datagram without a byte
            drops.count(DropReason.GARBAGE);
            return;
        }
        int slot = Math.max(1, batch.slotLength(message));
        counters.count(TrainStage.UDP_RECEIVE, 1, (total + slot - 1) / slot);
        Endpoint source = batch.source(message);
        pathOwner = null;
        for (int at = 0; at < total; at += slot) {
            handle(batch, message, at, Math.min(slot, total - at), source);
        }
    }

    private void handle(DatagramBatch batch, int message, int at, int length, Endpoint source) {
        switch (Demux.classify(
                length,
                batch.byteAt(message, at),
                length < Demux.MIN_BYTES ? 0 : batch.wordAt(message, at),
                length < Demux.MIN_BYTES ? 0 : batch.wordAt(message, at + 4))) {
            case ESP -> esp(batch, message, at, length, source);
            case IKE ->
                toControl(control.ike(
                        source, batch.bytes(message, at + Demux.MARKER_BYTES, length - Demux.MARKER_BYTES)));
            case STUN -> toControl(control.stun(source, batch.bytes(message, at, length)));
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

    private void esp(DatagramBatch batch, int message, int at, int length, Endpoint source) {
        int wanted = batch.wordAt(message, at);
        if (sa == null || spi != wanted) {
            sa = tables.tables().inbound().lookup(wanted);
            spi = wanted;
        }
        if (sa == null) {
            drops.count(DropReason.UNKNOWN_SPI);
            return;
        }
        int to = frames.openAt();
        int inner =
                sa.child().opener().openFrom(batch.memory(), batch.position(message, at), length, frames.buffer(), to);
        if (inner < 0) {
            frames.refused();
            refused(inner);
            return;
        }
        if (!EcnRules.markInner(frames.buffer(), to, batch.trafficClass(message))) {
            frames.refused();
            drops.count(DropReason.CONGESTION);
            return;
        }
        switch (sa) {
            case InboundSa.OfRelay relay -> {
                frames.detach(inner);
                fromRelay(relay, inner);
            }
            case InboundSa.OfPeer peer -> {
                countIn(peer.peer(), source);
                // What continues a packet that was let in is of the same flow.
                if (!frames.append(inner)) {
                    frames.detach(inner);
                    fromPeer(peer.peer(), source, inner);
                }
            }
        }
    }

    /** Notes an authentic packet; those of one message have one source. */
    private void countIn(OverlayPeer peer, Endpoint source) {
        if (pathOwner != peer) {
            pathOwner = peer;
            path = peer.pathFrom(source);
        }
        if (path != null) {
            path.countIn();
        }
    }

    private boolean parse(int inner) {
        boolean sound = header.parse(frames.buffer(), Coalescer.PACKET_AT, inner);
        if (!sound) {
            drops.count(DropReason.MALFORMED);
        }
        return sound;
    }

    private void fromRelay(InboundSa.OfRelay relay, int inner) {
        if (parse(inner) && isUdpTo(Signal.PORT)) {
            toControl(control.signal(relay.relay(), udpPayload()));
        }
    }

    private void fromPeer(OverlayPeer peer, Endpoint source, int inner) {
        if (!parse(inner)) {
            return;
        }
        if (isUdpTo(Signal.PROBE_PORT)) {
            toControl(control.probe(peer, source, udpPayload()));
            return;
        }
        if (!policy.admits(frames.buffer(), header, nowSeconds)) {
            drops.count(DropReason.INBOUND_POLICY);
            return;
        }
        MssClamp.clamp(frames.buffer(), header, peer.maxPacketBytes());
        frames.keep(header.ip(), inner);
    }

    private boolean isUdpTo(int destinationPort) {
        return header.protocol() == IpView.UDP && header.destinationPort() == destinationPort;
    }

    private byte[] udpPayload() {
        IpView ip = header.ip();
        int from = ip.l4Offset() + UDP_HEADER;
        return Arrays.copyOfRange(frames.buffer(), from, ip.l4Offset() + ip.l4Length());
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
