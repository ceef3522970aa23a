// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * How the kernel schedules the calling thread, of the policies that need no privilege.
 *
 * <p>Source: sched(7), sched_setscheduler(2)
 */
public enum SchedulingPolicy {
    /** SCHED_OTHER: who wakes up may take the processor at once from who has had more of it. */
    OTHER(0),

    /** SCHED_BATCH: the same share of the processor, but who wakes up waits until it is free or its holder's slice is over. */
    BATCH(3);

    /** Linked when it is first needed, which most processes never do. */
    private static final class Call {
        static final MethodHandle SET = Libc.call("sched_setscheduler");
    }

    private static final int CALLING_THREAD = 0;

    private final int number;

    SchedulingPolicy(int number) {
        this.number = number;
    }

    /** Gives the calling thread this policy. Returns 0 or minus the error number: -EPERM where a filter of system calls forbids it. */
    public int apply() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Libc.newErrno(arena);
            // struct sched_param: zero, which is the only priority of these policies.
            MemorySegment priority = arena.allocate(JAVA_INT);
            return Libc.orErrno(
                    (long) Call.SET.invokeExact(
                            errno, (long) CALLING_THREAD, (long) number, priority.address(), 0L, 0L, 0L),
                    errno);
        } catch (Throwable e) {
            throw Libc.bug(e);
        }
    }
}
