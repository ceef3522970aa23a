// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.sidecar.inbound.InboundPolicy;
import io.vpnmesh.sidecar.packet.MssClamp;
import io.vpnmesh.sidecar.packet.PacketHeader;
import io.vpnmesh.sidecar.packet.PacketTooBig;
import io.vpnmesh.sidecar.table.HoldQueue;
import io.vpnmesh.transport.Libc;
import io.vpnmesh.transport.MonotonicClock;
import io.vpnmesh.transport.UdpSender;
import io.vpnmesh.transport.tun.TunDevice;
import io.vpnmesh.transport.tun.TunWriter;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * The thread {@code tun-read}: packet from the pod, owner, SA, seal in place, send. It is the only user of the peers'
 * sealers, so what the conductor wants to send inside a tunnel comes here too.
 */
final class OutboundLoop {

    /** A packet of our own for a peer, over one path and no other. */
    private record Own(OverlayPeer peer, ChildSa child, byte[] packet, PathUse path) {}

    private static final int MAX_PACKET_BYTES = 65535;
    private static final int BUFFER_BYTES = EspSealer.HEADROOM + MAX_PACKET_BYTES + EspSealer.TAILROOM;

    /** Probes and released packets; a probe that finds it full is lost as on the wire. */
    private static final int MAX_OWN = 256;

    private static final int IDLE_POLL_MS = 1000;
    /** TCP's first retransmission comes after a second: what has waited three is stale. */
    private static final int HOLD_SECONDS = 3;

    private static final long SECOND_NS = 1_000_000_000L;

    private final TunDevice tun;
    private final TunWriter answers;
    private final UdpSender sender;
    private final TableHolder tables;
    private final InboundPolicy policy;
    private final ControlInbox control;
    private final List<IpAddress> addresses;
    private final DropCounters drops = new DropCounters();
    private final HoldQueue<OverlayPeer> held = new HoldQueue<>();
    private final DuplicateBudget duplicates = new DuplicateBudget();
    private final ArrayBlockingQueue<Own> own = new ArrayBlockingQueue<>(MAX_OWN);
    private final ArrayBlockingQueue<OverlayPeer> released = new ArrayBlockingQueue<>(MAX_OWN);
    private final PacketHeader header = new PacketHeader();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int nowSeconds;
    private volatile boolean stopping;

    OutboundLoop(
            TunDevice tun,
            UdpSender sender,
            TableHolder tables,
            InboundPolicy policy,
            ControlInbox control,
            List<IpAddress> addresses) {
        this.tun = tun;
        answers = tun.newWriter();
        this.sender = sender;
        this.tables = tables;
        this.policy = policy;
        this.control = control;
        this.addresses = List.copyOf(addresses);
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
        try (answers) {
            while (!stopping) {
                try {
                    step();
                } catch (RuntimeException e) {
                    drops.fault(e);
                }
            }
        }
    }

    private void step() {
        nowSeconds = (int) (MonotonicClock.nowNs() / SECOND_NS);
        sendQueued();
        int length = tun.read(buffer, EspSealer.HEADROOM);
        if (length > 0) {
            handle(length);
        } else if (length == -Libc.EAGAIN) {
            drops.count(DropReason.HELD_TOO_LONG, held.expire(nowSeconds, HOLD_SECONDS));
            tun.awaitReadable(IDLE_POLL_MS);
        } else {
            drops.count(DropReason.NOT_IP);
        }
    }

    private void sendQueued() {
        for (@Nullable OverlayPeer peer = released.poll(); peer != null; peer = released.poll()) {
            for (byte[] packet : held.release(peer)) {
                System.arraycopy(packet, 0, buffer, EspSealer.HEADROOM, packet.length);
                handle(packet.length);
            }
        }
        for (@Nullable Own next = own.poll(); next != null; next = own.poll()) {
            System.arraycopy(next.packet(), 0, buffer, EspSealer.HEADROOM, next.packet().length);
            seal(next.peer(), next.child(), next.packet().length, next.path(), null);
        }
    }

    private void handle(int length) {
        if (!header.parse(buffer, EspSealer.HEADROOM, length)) {
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
            drops.count(DropReason.HELD_TOO_LONG, held.hold(peer, buffer, EspSealer.HEADROOM, length, nowSeconds));
            if (peer.isDemandNews(MonotonicClock.nowNs())) {
                control.demand(peer);
            }
            // The conductor may have published between the look and the hold.
            if (peer.transmission() != null) {
                release(peer);
            }
            return;
        }
        int most = peer.maxPacketBytes();
        if (length > most) {
            refuseTooBig(length, most);
            return;
        }
        MssClamp.clamp(buffer, header, most);
        @Nullable PathUse duplicate = transmission.duplicate();
        seal(
                peer,
                transmission.child(),
                length,
                transmission.path(),
                duplicate != null && duplicates.take() ? duplicate : null);
    }

    private void refuseTooBig(int length, int most) {
        drops.count(DropReason.TOO_BIG);
        if (PacketTooBig.isAnswerable(header)) {
            byte[] answer = PacketTooBig.answer(buffer, EspSealer.HEADROOM, length, header, most);
            answers.write(answer, 0, answer.length);
        }
    }

    private void seal(OverlayPeer peer, ChildSa child, int length, PathUse path, @Nullable PathUse duplicate) {
        int sealed = child.sealer().seal(buffer, EspSealer.HEADROOM, length);
        if (sealed < 0) {
            drops.count(DropReason.SEAL_REFUSED);
            return;
        }
        send(peer, sealed, length, path);
        if (duplicate != null) {
            send(peer, sealed, length, duplicate);
        }
    }

    private void send(OverlayPeer peer, int sealed, int length, PathUse path) {
        int sent = sender.send(buffer, 0, sealed, path.target());
        path.countOut();
        if (sent == -Libc.EMSGSIZE) {
            peer.narrow(length);
        }
        if (sent < 0) {
            drops.count(DropReason.SEND_FAILED);
        }
    }
}
