// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.ipsec.esp.EcnRules;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.sidecar.inbound.InboundPolicy;
import io.vpnmesh.sidecar.packet.MssClamp;
import io.vpnmesh.sidecar.packet.PacketHeader;
import io.vpnmesh.sidecar.packet.PacketTooBig;
import io.vpnmesh.sidecar.table.HoldQueue;
import io.vpnmesh.sidecar.train.Segmenter;
import io.vpnmesh.transport.Libc;
import io.vpnmesh.transport.MonotonicClock;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.tun.TunDevice;
import io.vpnmesh.transport.tun.TunWriter;
import io.vpnmesh.transport.tun.VnetHeader;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The thread {@code tun-read}: frame from the pod, owner, SA; cut into packets in place, each sealed into the send buffer,
 * all sent as trains once the pod has nothing more to say. It is the only user of the peers' sealers, so what the
 * conductor wants to send inside a tunnel comes here too.
 */
final class OutboundLoop {

    /** A packet of our own for a peer, over one path and no other. */
    private record Own(OverlayPeer peer, ChildSa child, byte[] packet, PathUse path) {}

    private static final int MAX_PACKET_BYTES = 65535;
    private static final int PACKET_AT = VnetHeader.BYTES;
    private static final int FRAME_BYTES = PACKET_AT + MAX_PACKET_BYTES + EspSealer.BORROWED;

    /** Probes and released packets; a probe that finds it full is lost as on the wire. */
    private static final int MAX_OWN = 256;

    /** A pod that never pauses must not keep its first packet waiting: this many small ones take about 0.1 ms. */
    private static final int MAX_FRAMES_UNSENT = 64;

    /** A whole train and more: it leaves while it is in the processor's cache, and the peer has work. */
    private static final int MAX_BYTES_UNSENT = 48 << 10;

    private static final int IDLE_POLL_MS = 1000;
    /** Between attempts on a device that is gone or broken. */
    private static final int BROKEN_PAUSE_MS = 100;
    /** TCP's first retransmission comes after a second: what has waited three is stale. */
    private static final int HOLD_SECONDS = 3;

    private static final long SECOND_NS = 1_000_000_000L;

    private final TunDevice tun;
    private final TunWriter answers;
    private final TableHolder tables;
    private final InboundPolicy policy;
    private final ControlInbox control;
    private final List<IpAddress> addresses;
    private final DropCounters drops = new DropCounters();
    private final TrainCounters counters;
    private final SealedTrains trains;
    private final Segmenter segmenter = new Segmenter();
    private final HoldQueue<OverlayPeer> held = new HoldQueue<>();
    private final Turn turn = new Turn();
    private final Bulk.Meter bulk;
    private final DuplicateBudget duplicates = new DuplicateBudget();
    private final ArrayBlockingQueue<Own> own = new ArrayBlockingQueue<>(MAX_OWN);
    private final ArrayBlockingQueue<OverlayPeer> released = new ArrayBlockingQueue<>(MAX_OWN);
    private final PacketHeader header = new PacketHeader();
    private final byte[] frame = new byte[FRAME_BYTES];
    private int nowSeconds;
    /** Bytes read in the last step. */
    private int carried;

    private volatile boolean stopping;

    OutboundLoop(
            TunDevice tun,
            UdpPort port,
            TableHolder tables,
            InboundPolicy policy,
            ControlInbox control,
            List<IpAddress> addresses,
            TrainCounters counters,
            Bulk bulk) {
        this.tun = tun;
        answers = tun.newWriter();
        this.tables = tables;
        this.policy = policy;
        this.control = control;
        this.addresses = List.copyOf(addresses);
        this.counters = counters;
        this.bulk = bulk.new Meter();
        trains = new SealedTrains(port, drops, counters);
    }

    DropCounters drops() {
        return drops;
    }

    /** Sends a packet of our own inside the peer's tunnel. Any thread. */
    void sendOwn(OverlayPeer peer, ChildSa child, byte[] packet, PathUse path) {
        if (own.offer(new Own(peer, child, packet, path))) {
            tun.wake();
        }
    }

    /** The peer has a transmission: what waits for it may go. Any thread. */
    void release(OverlayPeer peer) {
        if (released.offer(peer)) {
            tun.wake();
        }
    }

    void stop() {
        stopping = true;
        tun.wake();
    }

    void run() {
        try (answers;
                trains) {
            while (!stopping) {
                try {
                    step();
                } catch (RuntimeException e) {
                    drops.fault(e);
                    trains.discard();
                }
            }
        }
    }

    private void step() {
        long nowNs = MonotonicClock.nowNs();
        nowSeconds = (int) (nowNs / SECOND_NS);
        bulk.carried(carried, nowNs);
        carried = 0;
        sendQueued();
        int length = tun.read(frame, 0);
        boolean busy = length > 0;
        for (int frames = 1; length > 0; frames++) {
            carried += length;
            handle(length);
            if (frames == MAX_FRAMES_UNSENT || trains.waiting() >= MAX_BYTES_UNSENT) {
                trains.flush();
                return;
            }
            length = tun.read(frame, 0);
        }
        trains.flush();
        if (length == -Libc.EAGAIN && busy && turn.give()) {
            return; // and look once more
        }
        if (length == -Libc.EAGAIN) {
            drops.count(DropReason.HELD_TOO_LONG, held.expire(nowSeconds, HOLD_SECONDS));
            tun.awaitReadable(IDLE_POLL_MS);
        } else if (length == -Libc.EINVAL) {
            drops.count(DropReason.NOT_IP);
        } else {
            tun.awaitWake(BROKEN_PAUSE_MS);
        }
    }

    private void sendQueued() {
        for (@Nullable OverlayPeer peer = released.poll(); peer != null; peer = released.poll()) {
            for (byte[] waiting : held.release(peer)) {
                System.arraycopy(waiting, 0, frame, 0, waiting.length);
                handle(waiting.length - PACKET_AT);
            }
        }
        for (@Nullable Own next = own.poll(); next != null; next = own.poll()) {
            System.arraycopy(next.packet(), 0, frame, PACKET_AT, next.packet().length);
            seal(next.peer(), next.child(), PACKET_AT, next.packet().length, next.path(), null, 0);
        }
    }

    private void handle(int length) {
        if (!header.parse(frame, PACKET_AT, length)) {
            drops.count(DropReason.NOT_IP);
            return;
        }
        IpView ip = header.ip();
        @Nullable
        OverlayPeer peer = tables.tables().routes().lookup(ip.version(), ip.destinationHigh(), ip.destinationLow());
        if (peer == null) {
            drops.count(DropReason.NO_OWNER);
        } else if (!isOurs(ip)) {
            drops.count(DropReason.FOREIGN_SOURCE);
        } else if (isReserved()) {
            drops.count(DropReason.RESERVED_PORT);
        } else {
            policy.sent(header, nowSeconds);
            transmit(peer, length);
        }
    }

    private boolean isOurs(IpView ip) {
        for (int i = 0; i < addresses.size(); i++) {
            IpAddress address = addresses.get(i);
            if (address.low() == ip.sourceLow()
                    && address.high() == ip.sourceHigh()
                    && address.family() == ip.version()) {
                return true;
            }
        }
        return false;
    }

    private boolean isReserved() {
        return header.protocol() == IpView.UDP
                && (header.destinationPort() == Signal.PROBE_PORT || header.destinationPort() == Signal.PORT);
    }

    private void transmit(OverlayPeer peer, int length) {
        @Nullable Transmission transmission = peer.transmission();
        if (transmission == null) {
            hold(peer, length);
            return;
        }
        int most = peer.maxPacketBytes();
        int count = segmenter.begin(frame, 0, length, header.ip(), most);
        if (count < 0) {
            refuse(count, most);
            return;
        }
        counters.count(TrainStage.TUN_READ, 1, count);
        int trafficClass = EcnRules.outer(header.ip().trafficClass(), EcnRules.Mode.NORMAL, /* copyDscp= */ false);
        @Nullable PathUse duplicate = transmission.duplicate();
        for (int i = 0; i < count; i++) {
            segmenter.next();
            if (count == 1) {
                MssClamp.clamp(frame, header, most);
            }
            seal(
                    peer,
                    transmission.child(),
                    segmenter.offset(),
                    segmenter.length(),
                    transmission.path(),
                    duplicate != null && duplicates.take() ? duplicate : null,
                    trafficClass);
        }
    }

    private void hold(OverlayPeer peer, int length) {
        drops.count(
                DropReason.HELD_TOO_LONG,
                held.hold(peer, frame, 0, PACKET_AT + length, Segmenter.packets(frame, 0, length), nowSeconds));
        if (peer.isDemandNews(MonotonicClock.nowNs())) {
            control.demand(peer);
        }
        // The conductor may have published between the look and the hold.
        if (peer.transmission() != null) {
            release(peer);
        }
    }

    private void refuse(int verdict, int most) {
        if (verdict == Segmenter.MALFORMED) {
            drops.count(DropReason.BAD_OFFLOAD);
            return;
        }
        drops.count(DropReason.TOO_BIG, segmenter.count());
        if (PacketTooBig.isAnswerable(header)) {
            segmenter.next();
            byte[] answer = PacketTooBig.answer(frame, segmenter.offset(), segmenter.length(), header, most);
            byte[] framed = new byte[VnetHeader.BYTES + answer.length];
            System.arraycopy(answer, 0, framed, VnetHeader.BYTES, answer.length);
            answers.write(framed, 0, answer.length);
        }
    }

    private void seal(
            OverlayPeer peer,
            ChildSa child,
            int offset,
            int length,
            PathUse path,
            @Nullable PathUse duplicate,
            int trafficClass) {
        int sealed = trains.seal(child.sealer(), frame, offset, length);
        if (sealed < 0) {
            drops.count(DropReason.SEAL_REFUSED);
            return;
        }
        trains.send(peer, path, sealed, trafficClass);
        if (duplicate != null) {
            trains.send(peer, duplicate, sealed, trafficClass);
        }
    }
}
