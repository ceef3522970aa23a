// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core;

/**
 * A protocol without I/O and without a clock. It has one owner thread. Input goes in, output comes out through the
 * {@link Outbox}, and nothing else happens.
 *
 * <p>Call {@link #handle} for each datagram or command, and {@link #onTimer} whenever {@code nowNs} has reached
 * {@link #nextWakeupNs()}; both may change the next wake-up. A spurious {@code onTimer} is harmless. Neither call
 * blocks, and neither throws for bytes that came from the network.
 *
 * <p>Units: {@code nowNs} is nanoseconds since the start of the process, never negative, never going back, so plain
 * {@code <} is right.
 *
 * @param <I> the closed set of inputs
 * @param <E> the closed set of events
 */
public interface Machine<I, E> {

    void handle(I input, long nowNs, Outbox<E> out);

    void onTimer(long nowNs, Outbox<E> out);

    /** The time of the next {@link #onTimer}, or {@link TimerTable#NEVER}. */
    long nextWakeupNs();
}
