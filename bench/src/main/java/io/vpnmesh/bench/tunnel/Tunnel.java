// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.List;
import java.util.OptionalDouble;

/** One that stands: addresses that reach each other through it, and the processes that carry it. */
interface Tunnel extends AutoCloseable {

    Ground ground();

    /** The right host's address inside the tunnel. */
    String rightAddress();

    /** Process ids of both ends together; empty for the bare network. */
    List<Long> processes();

    /** Of the larger end in MiB, as the kubelet counts a container; empty for what runs outside of containers. */
    default OptionalDouble workingSetMib() {
        return OptionalDouble.empty();
    }

    /** Ends its processes; interfaces go with the ground. */
    @Override
    void close();
}
