// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** The clear part of an ESP packet: SPI 4, sequence number 4 (RFC 4303 section 2). */
public final class EspHeader {

    /** SPI, sequence number and the explicit IV of an AEAD (RFC 4106 section 3). */
    public static final int LENGTH = 16;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private EspHeader() {}

    public static int spi(byte[] buffer, int offset) {
        return (int) INTS.get(buffer, offset);
    }

    /** The lower 32 bits, unsigned. */
    public static int sequence(byte[] buffer, int offset) {
        return (int) INTS.get(buffer, offset + 4);
    }

    public static int spi(MemorySegment memory, long offset) {
        return memory.get(INT, offset);
    }

    static int sequence(MemorySegment memory, long offset) {
        return memory.get(INT, offset + 4);
    }

    static long iv(MemorySegment memory, long offset) {
        return memory.get(LONG, offset + 8);
    }

    static void write(MemorySegment memory, long offset, int spi, int sequence, long iv) {
        memory.set(INT, offset, spi);
        memory.set(INT, offset + 4, sequence);
        memory.set(LONG, offset + 8, iv);
    }

    static void write(byte[] buffer, int offset, int spi, int sequence, long iv) {
        INTS.set(buffer, offset, spi);
        INTS.set(buffer, offset + 4, sequence);
        LONGS.set(buffer, offset + 8, iv);
    }

    static long getLong(byte[] buffer, int offset) {
        return (long) LONGS.get(buffer, offset);
    }

    static void putInt(byte[] buffer, int offset, int value) {
        INTS.set(buffer, offset, value);
    }

    static void putLong(byte[] buffer, int offset, long value) {
        LONGS.set(buffer, offset, value);
    }
}
