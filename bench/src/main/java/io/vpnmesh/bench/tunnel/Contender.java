// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.run.Run;

/** Something that can make a tunnel. */
interface Contender {

    /** As tables and figures show it. */
    String name();

    /** Of the program and of what seals for it, on one line. */
    String version();

    /**
     * Starts both ends, and returns when the tunnel carries a ping.
     *
     * <p>Errors: LabException that says what is missing; nothing is left out silently.
     */
    Tunnel start(Run run, Ground ground, String label);
}
