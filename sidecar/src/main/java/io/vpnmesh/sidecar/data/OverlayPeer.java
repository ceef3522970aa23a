// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A member of the mesh as the packet threads see it. The conductor publishes by volatile fields, each an immutable
 * snapshot.
 */
public final class OverlayPeer {

    /** Demand is told again only after so long, while packets wait. */
    private static final long DEMAND_GAP_NS = 200_000_000L;

    /** ESP fills up to a multiple of four (RFC 4303 section 2.4). */
    private static final int MOST_PADDING = 3;

    private final NodeId node;
    private volatile @Nullable Transmission transmission;
    private volatile List<PathUse> paths = List.of();
    private volatile int maxPacketBytes = Integer.MAX_VALUE;

    /** Outbound thread only. */
    private long demandedNs = -DEMAND_GAP_NS;

    public OverlayPeer(NodeId node) {
        this.node = node;
    }

    public NodeId node() {
        return node;
    }

    /** Null while no tunnel or no path is there. */
    public @Nullable Transmission transmission() {
        return transmission;
    }

    /** Conductor only. */
    public void publish(@Nullable Transmission next) {
        transmission = next;
    }

    /** All paths that packets of this peer may come in on. Conductor only. */
    public void publishPaths(List<PathUse> all) {
        paths = List.copyOf(all);
    }

    /** Inner bytes that the path carries; more is answered with "packet too big". */
    int maxPacketBytes() {
        return maxPacketBytes;
    }

    /**
     * A datagram with so many inner bytes, padding among them, was too long for an interface on the way. Those of a train
     * say so one by one: what is larger than allowed by now says nothing new. Outbound thread only.
     */
    void narrow(int innerBytes) {
        if (innerBytes - MOST_PADDING > maxPacketBytes) {
            return;
        }
        maxPacketBytes = PathWidth.below(Math.min(innerBytes, maxPacketBytes));
    }

    /** Conductor only: another path may be wider. */
    public void widen() {
        maxPacketBytes = Integer.MAX_VALUE;
    }

    /** The path that packets from this address come in on; null for an address that is not one of them. Any thread. */
    @Nullable
    PathUse pathFrom(Endpoint source) {
        List<PathUse> all = paths;
        for (int i = 0; i < all.size(); i++) {
            PathUse path = all.get(i);
            if (path.target().equals(source)) {
                return path;
            }
        }
        return null;
    }

    /** Whether the conductor should hear that packets wait. Outbound thread only. */
    boolean isDemandNews(long nowNs) {
        if (nowNs - demandedNs < DEMAND_GAP_NS) {
            return false;
        }
        demandedNs = nowNs;
        return true;
    }
}
