// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.ipsec.esp.EspHeader;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.transport.TrainForwarder;
import io.vpnmesh.transport.UdpPort;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The way out: packets are sealed into native memory, one behind the other, and what goes to one address leaves as a train.
 * Outbound thread only.
 */
final class SealedTrains implements AutoCloseable {

    /** Some super-packets; more would not make longer trains, only a longer wait and colder caches. */
    private static final int MEMORY_BYTES = 256 << 10;

    private static final int MAX_SEALED = EspSealer.HEADROOM + 65_535 + EspSealer.TAILROOM;

    /** Pad length and next header, without which no ESP packet is. */
    private static final int LEAST_TRAILER = 2;

    /** Ways in one flush; the forwarder's trains bound it too. */
    private static final int MAX_WAYS = 64;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(MEMORY_BYTES, 64);
    private final TrainForwarder trains;
    private final DropCounters drops;
    private final TrainCounters counters;
    private final @Nullable OverlayPeer[] peers = new OverlayPeer[MAX_WAYS];
    private final @Nullable PathUse[] ways = new PathUse[MAX_WAYS];
    private int used;
    private int sealedAt;
    private int end;
    private long sentTrains;
    private long sentDatagrams;
    private long refused;

    SealedTrains(UdpPort port, DropCounters drops, TrainCounters counters) {
        trains = port.newForwarder(this::tooLong);
        this.drops = drops;
        this.counters = counters;
    }

    /** Seals a packet behind the others; returns its length on the wire, or a verdict below zero. */
    int seal(EspSealer sealer, byte[] packets, int offset, int length) {
        if (MEMORY_BYTES - end < length + MAX_SEALED - 65_535) {
            flush();
        }
        sealedAt = end;
        int sealed = sealer.sealTo(packets, offset, length, memory, sealedAt);
        if (sealed > 0) {
            end += sealed;
        }
        return sealed;
    }

    /** Sends what was sealed last over a path; it may take several. */
    void send(OverlayPeer peer, PathUse path, int sealed, int trafficClass) {
        remember(peer, path);
        trains.add(Endpoint.UNSPECIFIED, path.target(), memory, sealedAt, sealed, trafficClass);
        path.countOut();
    }

    private void remember(OverlayPeer peer, PathUse path) {
        if (used > 0 && ways[used - 1] == path) {
            return;
        }
        if (used == MAX_WAYS) {
            handOver();
        }
        peers[used] = peer;
        ways[used++] = path;
    }

    /** Bytes that were sealed and wait. */
    int waiting() {
        return end;
    }

    /** Everything sealed leaves. */
    void flush() {
        if (end > 0) {
            handOver();
            end = 0;
        }
    }

    private void handOver() {
        trains.flush();
        Arrays.fill(peers, 0, used, null);
        Arrays.fill(ways, 0, used, null);
        used = 0;
        if (trains.refusedDatagrams() != refused) {
            drops.count(DropReason.SEND_FAILED, (int) (trains.refusedDatagrams() - refused));
            refused = trains.refusedDatagrams();
        }
        counters.count(
                TrainStage.UDP_SEND, (int) (trains.sentTrains() - sentTrains), trains.sentDatagrams() - sentDatagrams);
        sentTrains = trains.sentTrains();
        sentDatagrams = trains.sentDatagrams();
    }

    /** An interface on the way was too narrow: whoever sent there has to send less. */
    private void tooLong(Endpoint target, int datagramBytes) {
        int inner = datagramBytes - EspHeader.LENGTH - LEAST_TRAILER - Aead.TAG_LENGTH;
        for (int i = 0; i < used; i++) {
            PathUse way = ways[i];
            OverlayPeer peer = peers[i];
            if (way != null && peer != null && way.target().equals(target)) {
                peer.narrow(inner);
            }
        }
    }

    /** Forgets what waits, after a fault of ours. */
    void discard() {
        trains.discard();
        Arrays.fill(peers, 0, used, null);
        Arrays.fill(ways, 0, used, null);
        used = 0;
        end = 0;
    }

    @Override
    public void close() {
        arena.close();
    }
}
