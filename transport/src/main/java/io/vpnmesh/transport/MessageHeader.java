// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;

/** Offsets of struct msghdr, mmsghdr, iovec and cmsghdr on 64-bit Linux, and the control messages that we use. */
final class MessageHeader {

    static final int SOL_IP = 0;
    static final int SOL_SOCKET = 1;
    static final int SOL_UDP = 17;
    static final int SOL_IPV6 = 41;

    static final int IP_TOS = 1;
    static final int IP_TTL = 2;
    static final int IPV6_HOPLIMIT = 52;
    static final int IPV6_TCLASS = 67;
    static final int UDP_SEGMENT = 103;
    static final int UDP_GRO = 104;
    static final int SO_RXQ_OVFL = 40;

    /** sizeof(struct mmsghdr): a msghdr of 56 bytes, the received length, padding. */
    static final int MMSGHDR_BYTES = 64;

    static final int IOVEC_BYTES = 16;

    /** CMSG_SPACE(4): what a control message with a number takes. */
    static final int CMSG_SPACE = 24;

    static final int CMSG_HEADER_BYTES = 16;

    private static final int NAME = 0;
    private static final int NAME_BYTES = 8;
    private static final int IOV = 16;
    private static final int IOV_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_BYTES = 40;
    private static final int FLAGS = 48;
    private static final int RECEIVED_BYTES = 56;

    private MessageHeader() {}

    static void init(MemorySegment header, long at, MemorySegment name, MemorySegment iov, MemorySegment control) {
        header.set(JAVA_LONG, at + NAME, name.address());
        header.set(JAVA_LONG, at + IOV, iov.address());
        header.set(JAVA_LONG, at + IOV_COUNT, 1);
        header.set(JAVA_LONG, at + CONTROL, control.address());
    }

    /** As {@link #init}, by address, with any number of iovecs. */
    static void setBuffers(MemorySegment header, long at, long name, long iov, int iovCount, long control) {
        header.set(JAVA_LONG, at + NAME, name);
        header.set(JAVA_LONG, at + IOV, iov);
        header.set(JAVA_LONG, at + IOV_COUNT, iovCount);
        header.set(JAVA_LONG, at + CONTROL, control);
    }

    /** Sets the fields that a system call changes, so they are written again before each. */
    static void reset(MemorySegment header, long at, int nameBytes, long controlBytes) {
        header.set(JAVA_INT, at + NAME_BYTES, nameBytes);
        header.set(JAVA_LONG, at + CONTROL_BYTES, controlBytes);
        header.set(JAVA_INT, at + FLAGS, 0);
    }

    static int receivedBytes(MemorySegment header, long at) {
        return header.get(JAVA_INT, at + RECEIVED_BYTES);
    }

    static int controlBytes(MemorySegment header, long at) {
        return (int) header.get(JAVA_LONG, at + CONTROL_BYTES);
    }

    static void setIovec(MemorySegment iov, long at, long address, long bytes) {
        iov.set(JAVA_LONG, at, address);
        iov.set(JAVA_LONG, at + 8, bytes);
    }

    static long iovecAddress(MemorySegment iov, long at) {
        return iov.get(JAVA_LONG, at);
    }

    static long iovecBytes(MemorySegment iov, long at) {
        return iov.get(JAVA_LONG, at + 8);
    }

    /** Appends a control message with an int; returns the offset behind it. */
    static int putInt(MemorySegment control, int at, int level, int type, int value) {
        putHeader(control, at, level, type, 4);
        control.set(JAVA_INT, at + CMSG_HEADER_BYTES, value);
        return at + CMSG_SPACE;
    }

    /** Appends a control message with a 16-bit value; returns the offset behind it. */
    static int putShort(MemorySegment control, int at, int level, int type, int value) {
        putHeader(control, at, level, type, 2);
        control.set(JAVA_SHORT, at + CMSG_HEADER_BYTES, (short) value);
        return at + CMSG_SPACE;
    }

    static void putHeader(MemorySegment control, int at, int level, int type, int dataBytes) {
        control.set(JAVA_LONG, at, CMSG_HEADER_BYTES + dataBytes);
        control.set(JAVA_INT, at + 8, level);
        control.set(JAVA_INT, at + 12, type);
    }

    /** The whole size of the control message at this offset, data padded to 8. */
    static int cmsgSpace(MemorySegment control, long at) {
        return (int) (control.get(JAVA_LONG, at) + 7 & ~7L);
    }

    static int cmsgLevel(MemorySegment control, long at) {
        return control.get(JAVA_INT, at + 8);
    }

    static int cmsgType(MemorySegment control, long at) {
        return control.get(JAVA_INT, at + 12);
    }

    static int cmsgInt(MemorySegment control, long at) {
        return control.get(JAVA_INT, at + CMSG_HEADER_BYTES);
    }
}
