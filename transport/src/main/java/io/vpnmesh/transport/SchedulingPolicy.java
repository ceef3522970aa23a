// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
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
        static final MethodHandle SET = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("sched_setscheduler"),
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS),
                        Linker.Option.captureCallState("errno"));
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
            MemorySegment priority =
                    arena.allocate(JAVA_INT); // struct sched_param; 0 is the only one of these policies
            int result = (int) Call.SET.invokeExact(errno, CALLING_THREAD, number, priority);
            return result < 0 ? -errno.get(JAVA_INT, 0) : result;
        } catch (Throwable e) {
            throw new AssertionError("native signature", e);
        }
    }
}
