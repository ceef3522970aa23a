// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.packet;

import io.vpnmesh.nat.relay.ForwardingTable;
import io.vpnmesh.nat.relay.RelayedClient;
import io.vpnmesh.nat.relay.Route;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.TrainForwarder;
import org.jspecify.annotations.Nullable;

/**
 * Passes ESP on: who leases the SPI, is the source a client's, then into a train for that client. The last receiver and
 * the last sender are remembered for the length of one batch. Packet thread only.
 */
final class EspForwarder {

    private final ForwardingTable table;
    private final TrainForwarder trains;
    private final RelayCounters counters;
    private int receiverSpi;
    private @Nullable RelayedClient receiver;
    private long senderHigh;
    private long senderLow;
    private int senderPort = -1;
    private @Nullable RelayedClient sender;
    private long countedDatagrams;
    private long countedBytes;
    private long countedTrains;

    EspForwarder(ForwardingTable table, TrainForwarder trains, RelayCounters counters) {
        this.table = table;
        this.trains = trains;
        this.counters = counters;
    }

    /** Tables may have changed: nothing is remembered from the batch before. */
    void begin() {
        receiverSpi = 0;
        receiver = null;
        senderPort = -1;
        sender = null;
    }

    /**
     * Takes slots of one SPI; they leave with {@link #finish}.
     * Errors: any verdict but LOCAL is final and counted; LOCAL = they are the relay's own, and the caller's job
     */
    Route handle(DatagramBatch batch, int message, int at, int length, int packets) {
        RelayedClient to = receiver(batch.wordAt(message, at));
        if (to == null) {
            return dropped(Route.Verdict.UNKNOWN_SPI, packets);
        }
        switch (to.route()) {
            case Route.Verdict verdict -> {
                return verdict == Route.Verdict.LOCAL || sender(batch, message) != null
                        ? dropped(verdict, packets)
                        : dropped(Route.Verdict.UNKNOWN_SOURCE, packets);
            }
            case Route.Forward forward -> {
                if (sender(batch, message) == null) {
                    return dropped(Route.Verdict.UNKNOWN_SOURCE, packets);
                }
                trains.add(forward.local(), forward.target(), batch, message, at, length, 0);
                return forward;
            }
        }
    }

    private Route dropped(Route.Verdict verdict, int packets) {
        if (verdict != Route.Verdict.LOCAL) {
            counters.dropped(verdict, packets);
        }
        return verdict;
    }

    private @Nullable RelayedClient receiver(int spi) {
        if (spi != receiverSpi) {
            receiver = table.receiver(spi);
            receiverSpi = spi;
        }
        return receiver;
    }

    private @Nullable RelayedClient sender(DatagramBatch batch, int message) {
        long high = batch.sourceHigh(message);
        long low = batch.sourceLow(message);
        int port = batch.sourcePort(message);
        if (port != senderPort || low != senderLow || high != senderHigh) {
            sender = table.sender(high, low, port);
            senderHigh = high;
            senderLow = low;
            senderPort = port;
        }
        return sender;
    }

    /** Everything of this batch leaves. */
    void finish() {
        trains.flush();
        if (trains.sentTrains() != countedTrains) {
            counters.forwardedPackets.add(trains.sentDatagrams() - countedDatagrams);
            counters.forwardedBytes.add(trains.sentBytes() - countedBytes);
            counters.forwardedTrains.add(trains.sentTrains() - countedTrains);
            countedDatagrams = trains.sentDatagrams();
            countedBytes = trains.sentBytes();
            countedTrains = trains.sentTrains();
        }
    }

    /** After a bug: nothing half-made is sent. */
    void discard() {
        trains.discard();
    }
}
