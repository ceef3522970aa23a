// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.transport.MonotonicClock;

/** Caps the packets that are sent twice while a path is suspect, so that doubt never doubles a full load. */
final class DuplicateBudget {

    /** About 30 Mb/s of full packets: enough for what waits on a broken path, little beside a bulk flow. */
    private static final int PER_SECOND = 2500;

    private static final long SECOND_NS = 1_000_000_000L;

    private double tokens = PER_SECOND;
    private long lastNs;

    boolean take() {
        long now = MonotonicClock.nowNs();
        tokens = Math.min(PER_SECOND, tokens + (double) (now - lastNs) * PER_SECOND / SECOND_NS);
        lastNs = now;
        if (tokens < 1) {
            return false;
        }
        tokens--;
        return true;
    }
}
