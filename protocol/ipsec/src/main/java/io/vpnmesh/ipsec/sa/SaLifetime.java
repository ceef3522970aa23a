// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.sa;

/**
 * When a Child SA is replaced (soft) and when it stops (hard). At a hard limit the packet path refuses.
 *
 * @param softPackets of the outbound direction
 * @param softNs age in nanoseconds; spread by the engine so that peers do not rekey in step
 */
public record SaLifetime(long softPackets, long hardPackets, long softBytes, long hardBytes, long softNs, long hardNs) {

    private static final long HOUR_NS = 3_600_000_000_000L;

    /** Without ESN the sequence number ends at 2^32 - 1 (RFC 4303 section 3.3.3). */
    public static final long MAX_PACKETS_WITHOUT_ESN = 0xFFFF_FFFFL;

    /**
     * One hour, or 2^38 packets: the birthday bounds of GCM allow far more with counter nonces, so time rules. Bytes are
     * bounded only as a stop against a runaway.
     */
    public static final SaLifetime DEFAULT =
            new SaLifetime(1L << 38, 1L << 39, 1L << 48, 1L << 49, HOUR_NS, 3 * HOUR_NS / 2);

    public SaLifetime {
        if (softPackets <= 0
                || softBytes <= 0
                || softNs <= 0
                || hardPackets < softPackets
                || hardBytes < softBytes
                || hardNs < softNs) {
            throw new IllegalArgumentException("limits must be positive, and hard ones not below soft ones");
        }
    }

    /** The same, capped for 32-bit sequence numbers. */
    public SaLifetime withoutEsn() {
        long hard = Math.min(hardPackets, MAX_PACKETS_WITHOUT_ESN);
        return new SaLifetime(Math.min(softPackets, hard / 2), hard, softBytes, hardBytes, softNs, hardNs);
    }
}
