// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.packet;

import io.vpnmesh.nat.relay.FairShare;
import io.vpnmesh.nat.relay.ForwardingTable;
import io.vpnmesh.nat.relay.RelayedClient;
import io.vpnmesh.nat.relay.Route;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.TrainForwarder;
import io.vpnmesh.transport.UdpCounters;
import io.vpnmesh.transport.UdpPort;
import org.jspecify.annotations.Nullable;

/**
 * Passes ESP on: who leases the SPI, is the source a client's, then into a train for that client. The last receiver and
 * the last sender are remembered for the length of one batch. Packet thread only.
 */
final class EspForwarder {

    private final ForwardingTable table;
    private final TrainForwarder trains;
    private final UdpCounters udp;
    private final FairShare fair = new FairShare();
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

    private int kernelDrops;
    private long bufferFull;

    EspForwarder(ForwardingTable table, UdpPort port, RelayCounters counters) {
        this.table = table;
        trains = port.newForwarder();
        udp = port.counters();
        this.counters = counters;
    }

    /** Tables may have changed: nothing is remembered from the batch before. */
    void begin(DatagramBatch batch, long nowNs) {
        if (batch.kernelDrops() != kernelDrops) {
            counters.kernelDrops.add(batch.kernelDrops() - kernelDrops);
            kernelDrops = batch.kernelDrops();
            fair.pressure();
        }
        fair.begin(nowNs);
        counters.fairShare(fair.share());
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
            fair.stranger(length, packets);
            return dropped(Route.Verdict.UNKNOWN_SPI, packets);
        }
        Route way = to.route();
        if (way == Route.Verdict.LOCAL) {
            return way;
        }
        RelayedClient from = sender(batch, message);
        if (from == null) {
            fair.stranger(length, packets);
            return dropped(Route.Verdict.UNKNOWN_SOURCE, packets);
        }
        Route admitted = way instanceof Route.Forward ? fair.admit(from, to, length, packets, way) : way;
        switch (admitted) {
            case Route.Verdict verdict -> dropped(verdict, packets);
            case Route.Forward forward ->
                trains.add(forward.local(), forward.target(), batch, message, at, length, fair.round(from, length));
        }
        return admitted;
    }

    /** Whether the message comes from a tuple that a client has proven: what it says is not a stranger's. */
    boolean isOfClient(DatagramBatch batch, int message) {
        return sender(batch, message) != null;
    }

    /** A message of nobody's that was not forwarded but took its place in the receive buffer. */
    void stranger(int bytes) {
        fair.stranger(bytes, 1);
    }

    private Route dropped(Route.Verdict verdict, int packets) {
        counters.dropped(verdict, packets);
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
        if (udp.bufferFull() != bufferFull) {
            bufferFull = udp.bufferFull();
            fair.pressure();
        }
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
