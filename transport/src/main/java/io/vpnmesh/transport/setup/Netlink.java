// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import com.sun.jna.LastErrorException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/** A rtnetlink socket: requests that are acknowledged, and dumps. One thread. */
final class Netlink implements AutoCloseable {

    private static final int NETLINK_ROUTE = 0;
    private static final int NLMSG_ERROR = 2;
    private static final int NLMSG_DONE = 3;
    /** The kernel never sends more in one datagram of a dump than the reader has shown room for, and starts with 32 KiB. */
    private static final int RECEIVE_BYTES = 64 * 1024;

    private static final int ATTRIBUTE_TYPE_MASK = 0x3FFF;

    private final int fd;
    private final byte[] received = new byte[RECEIVE_BYTES];
    private int sequence;

    private Netlink(int fd) {
        this.fd = fd;
    }

    static Netlink open() throws SetupException {
        try {
            return new Netlink(KernelCalls.socket(
                    KernelCalls.AF_NETLINK, KernelCalls.SOCK_RAW | KernelCalls.SOCK_CLOEXEC, NETLINK_ROUTE));
        } catch (LastErrorException e) {
            throw new SetupException("opening a netlink socket", e);
        }
    }

    /** Sends a request that wants an acknowledgement; returns 0 or the kernel's error number. */
    int request(NetlinkMessage message) throws SetupException {
        int[] error = {-1};
        exchange(message, (type, payload) -> {
            if (type == NLMSG_ERROR) {
                error[0] = -payload.getInt();
            }
        });
        return error[0];
    }

    /**
     * Asks for a list and hands each entry to the consumer, as message type and payload behind the netlink header.
     * Errors: SetupException names the list when the kernel refuses it.
     */
    void dump(String what, NetlinkMessage message, BiConsumer<Integer, ByteBuffer> consumer) throws SetupException {
        int[] error = {0};
        exchange(message, (type, payload) -> {
            if (type == NLMSG_ERROR) {
                error[0] = -payload.getInt();
            } else if (type != NLMSG_DONE) {
                consumer.accept(type, payload);
            }
        });
        if (error[0] != 0) {
            throw new SetupException("listing " + what, error[0]);
        }
    }

    private void exchange(NetlinkMessage message, BiConsumer<Integer, ByteBuffer> consumer) throws SetupException {
        int mine = ++sequence;
        byte[] bytes = message.finish(mine);
        try {
            KernelCalls.send(fd, bytes, bytes.length, 0);
            boolean finished = false;
            while (!finished) {
                int length = (int) KernelCalls.recv(fd, received, received.length, 0);
                finished = deliver(ByteBuffer.wrap(received, 0, length).order(ByteOrder.nativeOrder()), mine, consumer);
            }
        } catch (LastErrorException e) {
            throw new SetupException("talking to netlink", e);
        }
    }

    private static boolean deliver(ByteBuffer messages, int sequence, BiConsumer<Integer, ByteBuffer> consumer) {
        boolean finished = false;
        while (messages.remaining() >= NetlinkMessage.HEADER_BYTES) {
            int start = messages.position();
            int length = messages.getInt(start);
            int type = messages.getShort(start + 4) & 0xFFFF;
            if (length < NetlinkMessage.HEADER_BYTES || length > messages.limit() - start) {
                return true;
            }
            if (messages.getInt(start + 8) == sequence) {
                finished |= type == NLMSG_ERROR || type == NLMSG_DONE;
                consumer.accept(
                        type,
                        messages.slice(start + NetlinkMessage.HEADER_BYTES, length - NetlinkMessage.HEADER_BYTES)
                                .order(ByteOrder.nativeOrder()));
            }
            messages.position(Math.min(start + (length + 3 & ~3), messages.limit()));
        }
        return finished;
    }

    /** The attributes from {@code offset} on; a later one of the same type replaces an earlier one. */
    static Map<Integer, ByteBuffer> attributes(ByteBuffer payload, int offset) {
        Map<Integer, ByteBuffer> attributes = new HashMap<>();
        int at = offset;
        while (at + 4 <= payload.limit()) {
            int length = payload.getShort(at) & 0xFFFF;
            if (length < 4 || at + length > payload.limit()) {
                break;
            }
            int type = payload.getShort(at + 2) & ATTRIBUTE_TYPE_MASK;
            attributes.put(type, payload.slice(at + 4, length - 4).order(ByteOrder.nativeOrder()));
            at += length + 3 & ~3;
        }
        return attributes;
    }

    @Override
    public void close() {
        KernelCalls.close(fd);
    }
}
