// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core;

/**
 * Where a {@link Machine} puts its output. Implementations only enqueue: they never call back into the machine.
 *
 * @param <E> the closed set of events
 */
public interface Outbox<E> {

    /** Sends a datagram; the payload belongs to the outbox from here on. */
    void transmit(Datagram datagram);

    void event(E event);
}
