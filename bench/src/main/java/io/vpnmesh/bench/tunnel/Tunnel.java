// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.List;

/** One that stands: addresses that reach each other through it, and the processes that carry it. */
interface Tunnel extends AutoCloseable {

    Ground ground();

    /** The right host's address inside the tunnel. */
    String rightAddress();

    /** Process ids of both ends together; empty for the bare network. */
    List<Long> processes();

    /** Ends its processes; interfaces go with the ground. */
    @Override
    void close();
}
