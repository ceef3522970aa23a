// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.function.Consumer;

/** A shared library that stays loaded. Addresses are passed as numbers. */
final class NativeLibrary {

    private static final Linker LINKER = Linker.nativeLinker();
    private static final int MAX_TEXT = 256;

    private final String name;
    private final SymbolLookup symbols;

    private NativeLibrary(String name, SymbolLookup symbols) {
        this.name = name;
        this.symbols = symbols;
    }

    /** Errors: UnusableEngineException when no file of these names is found. */
    static NativeLibrary load(String... names) throws UnusableEngineException {
        for (String name : names) {
            try {
                return new NativeLibrary(name, SymbolLookup.libraryLookup(name, Arena.global()));
            } catch (IllegalArgumentException _) {
                // not installed under this name
            }
        }
        throw new UnusableEngineException(String.join(" or ", names) + " is not installed");
    }

    /** A function for the packet path: it never blocks, and the JVM waits with a safepoint while it runs. */
    MethodHandle quick(String function, MemoryLayout result, MemoryLayout... arguments) throws UnusableEngineException {
        return LINKER.downcallHandle(
                find(function), FunctionDescriptor.of(result, arguments), Linker.Option.critical(false));
    }

    /** The same for any function of these arguments: its {@link #address} comes before them. */
    static MethodHandle quick(MemoryLayout result, MemoryLayout... arguments) {
        return LINKER.downcallHandle(FunctionDescriptor.of(result, arguments), Linker.Option.critical(false));
    }

    MethodHandle call(String function, MemoryLayout result, MemoryLayout... arguments) throws UnusableEngineException {
        return LINKER.downcallHandle(find(function), FunctionDescriptor.of(result, arguments));
    }

    MemorySegment address(String function) throws UnusableEngineException {
        return find(function);
    }

    /** What frees a pointer by this function of one argument. */
    static Consumer<MemorySegment> freeing(MemorySegment function) {
        MethodHandle free = LINKER.downcallHandle(function, FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
        return pointer -> {
            try {
                free.invokeExact(pointer.address());
            } catch (Throwable e) {
                throw new AssertionError("native signature", e);
            }
        };
    }

    private MemorySegment find(String function) throws UnusableEngineException {
        return symbols.find(function)
                .orElseThrow(() -> new UnusableEngineException(name + " has no function " + function));
    }

    /** A zero-terminated text at this address. */
    static String text(long address) {
        MemorySegment bytes = MemorySegment.ofAddress(address).reinterpret(MAX_TEXT);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < MAX_TEXT && bytes.get(ValueLayout.JAVA_BYTE, i) != 0; i++) {
            text.append((char) (bytes.get(ValueLayout.JAVA_BYTE, i) & 0x7F));
        }
        return text.toString();
    }
}
