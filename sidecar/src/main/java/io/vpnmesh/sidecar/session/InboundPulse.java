// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

/**
 * Notices that a steady inbound flow has stopped. A side that only answers has no demand of its own: when its NAT forgets
 * it, nothing reaches it any more and nothing of its own fails. The silence is all that it can see.
 */
final class InboundPulse {

    /** A pause within a live flow is rarely longer; a retransmission timer of the sender is. */
    private static final long SILENCE_NS = 300_000_000L;
    /** Looks with packets in a row that make a flow. */
    private static final int STEADY_LOOKS = 4;

    private int looks;
    private long lastNs;

    /** One look; returns true once, when the flow has been silent for long enough. */
    boolean stopped(boolean moved, long nowNs) {
        if (moved) {
            looks = Math.min(looks + 1, STEADY_LOOKS);
            lastNs = nowNs;
            return false;
        }
        if (nowNs - lastNs < SILENCE_NS) {
            return false;
        }
        boolean wasSteady = looks == STEADY_LOOKS;
        looks = 0;
        return wasSteady;
    }
}
