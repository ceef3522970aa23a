// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import io.vpnmesh.e2e.run.LabException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/// Runs Java code in a network namespace. A namespace belongs to a thread, and a socket to the namespace in which it
/// was made, so a socket made here can be used by any thread afterwards.
public final class InNamespace {
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int O_RDONLY_CLOEXEC = 0x80000;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final MemoryLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
    private static final MethodHandle OPEN = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("open"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"),
            Linker.Option.firstVariadicArg(2));
    private static final MethodHandle SETNS = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("setns"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
            Linker.Option.captureCallState("errno"));
    private static final MethodHandle CLOSE = LINKER.downcallHandle(
            LINKER.defaultLookup().findOrThrow("close"),
            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private InNamespace() {}

    /// Calls it on a thread of its own, which never leaves the namespace and ends afterwards.
    /// Errors: [LabException] with the cause that the work threw.
    public static <T> T call(Namespace namespace, Callable<T> work) {
        var result = new CompletableFuture<T>();
        Thread.ofPlatform().name("in-" + namespace.name()).daemon().start(() -> {
            try {
                enter(namespace.path().toString());
                result.complete(work.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted in " + namespace.name(), e);
        } catch (ExecutionException e) {
            throw new LabException("in namespace %s: %s".formatted(namespace.name(), e.getCause()), e.getCause());
        }
    }

    private static void enter(String path) throws Throwable {
        try (var arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(STATE);
            var file = (int) OPEN.invokeExact(state, arena.allocateFrom(path), O_RDONLY_CLOEXEC);
            if (file < 0) {
                throw new LabException("open(%s): errno %d".formatted(path, (int) ERRNO.get(state, 0L)));
            }
            var entered = (int) SETNS.invokeExact(state, file, CLONE_NEWNET);
            var error = (int) ERRNO.get(state, 0L);
            var _ = (int) CLOSE.invokeExact(file);
            if (entered != 0) {
                throw new LabException("setns(%s): errno %d; it needs root".formatted(path, error));
            }
        }
    }
}
