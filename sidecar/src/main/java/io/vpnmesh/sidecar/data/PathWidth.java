// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

/** The inner packet sizes that are tried when a path turns out to be narrower than the interface. */
final class PathWidth {

    /** What fits ESP in UDP over outer MTUs of 1500 (v4, v6), 1450 (VXLAN), 1400 (two tunnels), and IPv6's least. */
    private static final int[] STEPS = {1438, 1418, 1386, 1360, 1330, 1300, 1280};

    private PathWidth() {}

    /** The next step below; never less than 1280 (RFC 8200 section 5). */
    static int below(int bytes) {
        for (int step : STEPS) {
            if (step < bytes) {
                return step;
            }
        }
        return STEPS[STEPS.length - 1];
    }
}
