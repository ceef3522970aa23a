// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

/**
 * Bounds that keep hostile or broken peers cheap.
 *
 * @param cookieThreshold half-open SAs of direct peers from which on a cookie is asked for (RFC 7296 section 2.6)
 * @param maxHalfOpen half-open SAs in all; the oldest gives way
 * @param maxHalfOpenPerSource of one node id (signalled) or one address and port (direct)
 * @param halfOpenLifetimeNs an attempt of a peer that is not authenticated by then is forgotten
 * @param maxMessageBytes of one IKE message, reassembled
 * @param maxQueuedRequests of one session
 */
public record IkeLimits(
        int cookieThreshold,
        int maxHalfOpen,
        int maxHalfOpenPerSource,
        long halfOpenLifetimeNs,
        int maxMessageBytes,
        int maxQueuedRequests) {

    public static final IkeLimits DEFAULT = new IkeLimits(32, 4096, 4, 10_000_000_000L, 16_384, 32);

    public IkeLimits {
        if (cookieThreshold < 0 || maxHalfOpen < 1 || maxHalfOpenPerSource < 1 || maxMessageBytes < 1280) {
            throw new IllegalArgumentException("limits too low to work");
        }
    }
}
