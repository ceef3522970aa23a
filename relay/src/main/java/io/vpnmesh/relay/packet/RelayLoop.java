// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.packet;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.ipsec.esp.EspHeader;
import io.vpnmesh.nat.check.TokenBucket;
import io.vpnmesh.nat.relay.ForwardingTable;
import io.vpnmesh.nat.relay.Route;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.node.Demux;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.MonotonicClock;
import io.vpnmesh.transport.UdpPort;
import java.util.Arrays;

/**
 * The packet thread. ESP of a leased SPI goes on as it came, trains as trains; ESP of the relay's own SAs is opened here;
 * IKE and STUN go to the conductor. It learns nothing from ESP: tuples come from checks alone.
 */
public final class RelayLoop implements Runnable {

    private static final System.Logger LOG = System.getLogger(RelayLoop.class.getName());

    /** Messages per system call: enough to keep the cost of a call small for lone packets, 2 MiB of memory. */
    private static final int BATCH = 32;

    /** Hints that the conductor is bothered with; it limits the answers again. */
    private static final long HINT_INTERVAL_NS = 20_000_000L;

    /**
     * Messages of senders that are no clients (yet). A thousand clients of a relay that has restarted say seven thousand
     * things; a burst fills half of the conductor's mailbox, and the rate costs it some 5 % of a core.
     */
    private static final int STRANGERS_PER_SECOND = 4000;

    private static final int STRANGERS_BURST = 4000;

    private static final int MAX_SIGNALLING_ESP_BYTES = 2048;
    private static final int UDP_HEADER_BYTES = 8;

    private final UdpPort port;
    private final EspForwarder forwarder;
    private final LocalSas localSas;
    private final ControlSide control;
    private final RelayCounters counters;
    private final byte[] scratch = new byte[MAX_SIGNALLING_ESP_BYTES];
    private final TokenBucket strangers =
            new TokenBucket(STRANGERS_PER_SECOND, STRANGERS_BURST, MonotonicClock.nowNs());
    private long nowNs;
    private long nextHintNs;

    public RelayLoop(
            UdpPort port, ForwardingTable table, LocalSas localSas, ControlSide control, RelayCounters counters) {
        this.port = port;
        forwarder = new EspForwarder(table, port, counters);
        this.localSas = localSas;
        this.control = control;
        this.counters = counters;
    }

    @Override
    public void run() {
        try (DatagramBatch batch = new DatagramBatch(BATCH)) {
            while (port.receive(batch, -1) != UdpPort.STOPPED) {
                nowNs = MonotonicClock.nowNs();
                forwarder.begin(batch, nowNs);
                for (int i = 0; i < batch.count(); i++) {
                    guarded(batch, i);
                }
                finish();
            }
        }
    }

    /** The rim of the loop: a bug met by one message must not stop the relay. */
    private void guarded(DatagramBatch batch, int message) {
        try {
            receive(batch, message);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void finish() {
        try {
            forwarder.finish();
        } catch (RuntimeException e) {
            forwarder.discard();
            failed(e);
        }
    }

    private void failed(RuntimeException e) {
        if (counters.failures.sum() == 0) {
            LOG.log(System.Logger.Level.ERROR, "event=packet-failure", e);
        }
        counters.failures.increment();
    }

    private void receive(DatagramBatch batch, int message) {
        int total = batch.length(message);
        int slotLength = Math.max(1, batch.slotLength(message));
        int at = 0;
        do {
            int length = Math.min(slotLength, total - at);
            Demux kind = classify(batch, message, at, length);
            if (kind == Demux.ESP) {
                int end = endOfRun(batch, message, at, total, slotLength);
                esp(batch, message, at, end - at, slotLength);
                at = end;
            } else {
                single(kind, batch, message, at, length);
                at += length;
            }
        } while (at < total);
    }

    private static Demux classify(DatagramBatch batch, int message, int at, int length) {
        return length < 8
                ? Demux.classify(length, length > 0 ? batch.byteAt(message, at) : 0, 0, 0)
                : Demux.classify(
                        length, batch.byteAt(message, at), batch.wordAt(message, at), batch.wordAt(message, at + 4));
    }

    /** Slots of one train usually share their SPI: they are looked up and sent together. */
    private static int endOfRun(DatagramBatch batch, int message, int start, int total, int slotLength) {
        int spi = batch.wordAt(message, start);
        int end = Math.min(total, start + slotLength);
        while (end < total) {
            int length = Math.min(slotLength, total - end);
            if (classify(batch, message, end, length) != Demux.ESP || batch.wordAt(message, end) != spi) {
                break;
            }
            end += length;
        }
        return end;
    }

    private void esp(DatagramBatch batch, int message, int at, int length, int slotLength) {
        int packets = (length + slotLength - 1) / slotLength;
        Route route = forwarder.handle(batch, message, at, length, packets);
        if (route == Route.Verdict.LOCAL) {
            for (int slot = at; slot < at + length; slot += slotLength) {
                own(batch, message, slot, Math.min(slotLength, at + length - slot));
            }
        } else if (route == Route.Verdict.UNKNOWN_SOURCE) {
            hint(batch, message);
        }
    }

    private void hint(DatagramBatch batch, int message) {
        if (nowNs >= nextHintNs) {
            nextHintNs = nowNs + HINT_INTERVAL_NS;
            control.onUnknownSource(batch.local(message), batch.source(message));
        }
    }

    /** ESP of an SA with the relay itself: signalling is all that it may carry. */
    private void own(DatagramBatch batch, int message, int at, int length) {
        int spi = batch.wordAt(message, at);
        LocalSas.Row row = localSas.find(spi);
        if (row == null || length > scratch.length) {
            counters.notSignalling();
            return;
        }
        batch.copy(message, at, scratch, 0, length);
        int inner = row.child.opener().open(scratch, 0, length);
        if (inner < 0) {
            counters.refused(inner);
            return;
        }
        if (!row.seen) {
            row.seen = true;
            control.onFirstPacket(row.child.session(), spi);
        }
        IpView packet = row.child.opener().inner();
        boolean signalling = packet.protocol() == IpView.UDP
                && packet.hasPorts()
                && packet.destinationPort() == Signal.PORT
                && packet.l4Length() >= UDP_HEADER_BYTES;
        if (!signalling) {
            counters.notSignalling();
            return;
        }
        int payload = packet.l4Offset() + UDP_HEADER_BYTES;
        int end = EspHeader.LENGTH + packet.totalLength();
        control.onSignal(row.client, Arrays.copyOfRange(scratch, payload, end));
    }

    private void single(Demux kind, DatagramBatch batch, int message, int at, int length) {
        switch (kind) {
            case IKE -> {
                if (isHeard(batch, message, length)) {
                    control.onIke(
                            batch.local(message),
                            batch.source(message),
                            batch.bytes(message, at + Demux.MARKER_BYTES, length - Demux.MARKER_BYTES));
                }
            }
            case STUN -> {
                if (isHeard(batch, message, length)) {
                    control.onStun(batch.local(message), batch.source(message), batch.bytes(message, at, length));
                }
            }
            case KEEPALIVE -> counters.keepalives.increment();
            case GARBAGE, ESP -> counters.garbage.increment();
        }
    }

    /** Clients are; of strangers as many as cannot crowd the clients out of the conductor's mailbox, nor fill its day. */
    private boolean isHeard(DatagramBatch batch, int message, int length) {
        counters.controlMessages.increment();
        if (forwarder.isOfClient(batch, message)) {
            return true;
        }
        forwarder.stranger(length);
        if (strangers.take(1, nowNs)) {
            return true;
        }
        counters.strangers.increment();
        return false;
    }
}
