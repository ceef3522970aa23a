// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core;

import java.util.Arrays;
import java.util.Optional;

/**
 * The deadlines of one machine, each under a name, so that a wake-up can say why it happened.
 *
 * @param <T> the machine's timers
 */
public final class TimerTable<T extends Enum<T>> {

    public static final long NEVER = Long.MAX_VALUE;

    private final T[] names;
    private final long[] deadlinesNs;

    public TimerTable(Class<T> timers) {
        names = timers.getEnumConstants();
        deadlinesNs = new long[names.length];
        Arrays.fill(deadlinesNs, NEVER);
    }

    public void set(T timer, long deadlineNs) {
        deadlinesNs[timer.ordinal()] = deadlineNs;
    }

    /** Sets the timer unless an earlier deadline stands. */
    public void setNoLater(T timer, long deadlineNs) {
        deadlinesNs[timer.ordinal()] = Math.min(deadlinesNs[timer.ordinal()], deadlineNs);
    }

    public void clear(T timer) {
        deadlinesNs[timer.ordinal()] = NEVER;
    }

    public void clearAll() {
        Arrays.fill(deadlinesNs, NEVER);
    }

    public boolean isSet(T timer) {
        return deadlinesNs[timer.ordinal()] != NEVER;
    }

    public long deadlineNs(T timer) {
        return deadlinesNs[timer.ordinal()];
    }

    public long nextNs() {
        long next = NEVER;
        for (long deadline : deadlinesNs) {
            next = Math.min(next, deadline);
        }
        return next;
    }

    /** Takes the earliest timer that is due, in order of deadline, then of declaration. */
    public Optional<T> pollDue(long nowNs) {
        int due = -1;
        for (int i = 0; i < deadlinesNs.length; i++) {
            if (deadlinesNs[i] <= nowNs && (due < 0 || deadlinesNs[i] < deadlinesNs[due])) {
                due = i;
            }
        }
        if (due < 0) {
            return Optional.empty();
        }
        deadlinesNs[due] = NEVER;
        return Optional.of(names[due]);
    }
}
