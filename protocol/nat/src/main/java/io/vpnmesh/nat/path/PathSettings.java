// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

/**
 * Timing of a {@link PathAgent}; all in nanoseconds unless it says otherwise.
 *
 * @param paceNs between two checks of one agent (RFC 8445 section 14, Ta)
 * @param primedWaitNs how long to wait for the peer's PRIMED
 * @param primeTtl IP time to live of priming packets
 * @param activeCheckNs between checks of the path in use while packets flow
 * @param idleCheckNs the same without packets: below the shortest NAT timers
 * @param warmCheckNs between checks of proven paths that are not in use
 * @param dwellNs a path in use is not left for a merely better one before
 */
public record PathSettings(
        long paceNs,
        long primedWaitNs,
        int primeTtl,
        long activeCheckNs,
        long idleCheckNs,
        long warmCheckNs,
        long dwellNs) {

    private static final long MS = 1_000_000;

    /** TTL 3: beyond two NATs in a row, far from the peer on any real path. */
    public static final PathSettings DEFAULT =
            new PathSettings(20 * MS, 300 * MS, 3, 5_000 * MS, 15_000 * MS, 20_000 * MS, 10_000 * MS);
}
