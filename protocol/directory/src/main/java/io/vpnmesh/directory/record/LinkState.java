// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.NodeId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * How a relay sees the relays around it.
 *
 * @param bootEpoch milliseconds since 1970 at the relay's start; with the sequence it orders states
 * @param time of signing, whole seconds
 */
public record LinkState(NodeId node, long bootEpoch, long sequence, Instant time, List<Link> links) {

    /** An older state says nothing any more. */
    public static final Duration MAX_AGE = Duration.ofMinutes(3);

    public LinkState {
        links = List.copyOf(links);
    }

    /**
     * The way to one neighbour.
     *
     * @param rttMicros round trip in microseconds
     * @param lossPerMille 0 to 1000
     * @param loadPerMille of the neighbour's capacity, 0 to 1000
     */
    public record Link(NodeId neighbour, long rttMicros, int lossPerMille, int loadPerMille) {
        public Link {
            if (rttMicros < 0 || lossPerMille < 0 || lossPerMille > 1000 || loadPerMille < 0 || loadPerMille > 1000) {
                throw new IllegalArgumentException("link to " + neighbour + " has a value out of range");
            }
        }
    }

    public boolean isNewerThan(LinkState other) {
        return bootEpoch != other.bootEpoch ? bootEpoch > other.bootEpoch : sequence > other.sequence;
    }

    public boolean isOutdated(Instant now) {
        return time.plus(MAX_AGE).isBefore(now);
    }
}
