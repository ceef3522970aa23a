// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.run.LabException;
import java.util.List;
import java.util.OptionalDouble;

/** One that stands: addresses that reach each other through it, and the processes that carry it. */
interface Tunnel extends AutoCloseable {

    Ground ground();

    /** The right host's address inside the tunnel. */
    String rightAddress();

    /** Of all peers there, the first one's in front; more than one only where one host talks to many. */
    default List<String> rightAddresses() {
        return List.of(rightAddress());
    }

    /** Process ids of both ends together; empty for the bare network. */
    List<Long> processes();

    /** Ends the left end. */
    default void haltLeft() {
        throw new LabException("this tunnel's ends are not ended one by one");
    }

    /** Starts the left end again, and does not wait for it: when its program was executed, as {@link System#nanoTime}. */
    default long startLeft() {
        throw new LabException("this tunnel's ends are not started one by one");
    }

    /** Of the larger end in MiB, as the kubelet counts a container; empty for what runs outside of containers. */
    default OptionalDouble workingSetMib() {
        return OptionalDouble.empty();
    }

    /** Ends its processes; interfaces go with the ground. */
    @Override
    void close();
}
