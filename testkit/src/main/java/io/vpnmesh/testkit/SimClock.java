// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

/** Time that moves only when told to; nanoseconds since the start. */
public final class SimClock {

    private long nowNs;

    public long nowNs() {
        return nowNs;
    }

    /** Errors: IllegalArgumentException for a step back. */
    public void advanceTo(long timeNs) {
        if (timeNs < nowNs) {
            throw new IllegalArgumentException("back from " + nowNs + " to " + timeNs);
        }
        nowNs = timeNs;
    }
}
