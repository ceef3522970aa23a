// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A way out for many targets at once: parts of received messages, uncopied, and datagrams that lie in the caller's memory.
 * What goes to one target from one address of ours with one slot length and one traffic class is a *train* again (UDP_SEGMENT), also when
 * it came as lone datagrams; all trains go to the kernel in one call (sendmmsg).
 *
 * <p>Shape:  train = up to 64 slots of one length, the last may be shorter, from up to 64 places of a {@link DatagramBatch}
 * Order:  datagrams of one target and local address leave as they were added
 * Errors: a train that the kernel refuses as such goes slot by slot; what is refused then is counted by the port
 *
 * <p>One owner thread. Nothing is allocated or thrown, and nothing blocks but a full send buffer, for 5 ms at most.
 */
public final class TrainForwarder {

    /** UDP_MAX_SEGMENTS of kernels before 6.9. */
    static final int MAX_SLOTS = 64;

    /** The largest UDP payload, less room for IPv6 extension headers. */
    static final int MAX_TRAIN_BYTES = 65_000;

    /** More leave in two calls; each has 1.3 KiB of memory. */
    static final int MAX_TRAINS = 128;

    /** Four places per train keep probes short. */
    private static final int INDEX_PLACES = 4 * MAX_TRAINS;

    /**
     * How long a full send buffer is waited for: the receive buffer, which is larger, queues meanwhile. A whole buffer
     * of the usual 208 KiB leaves in less on any link above 350 Mb/s.
     */
    private static final int FULL_WAIT_MS = 5;

    private static final int NAME_STRIDE = 32;

    /** Train, traffic class, local address. */
    private static final int CONTROL_STRIDE = 2 * MessageHeader.CMSG_SPACE + PacketInfo.MAX_CMSG_SPACE;

    private static final int IOVEC_STRIDE = MAX_SLOTS * MessageHeader.IOVEC_BYTES;

    private final Arena arena = Arena.ofAuto();
    private final MemorySegment errno = Libc.newErrno(arena);
    private final MemorySegment pollFd = arena.allocate(Libc.POLLFD_BYTES, 8);
    private final MemorySegment names = arena.allocate((long) MAX_TRAINS * NAME_STRIDE, 8);
    private final MemorySegment controls = arena.allocate((long) MAX_TRAINS * CONTROL_STRIDE, 8);
    private final MemorySegment iovecs = arena.allocate((long) MAX_TRAINS * IOVEC_STRIDE, 8);
    private final MemorySegment headers = arena.allocate((long) MAX_TRAINS * MessageHeader.MMSGHDR_BYTES, 8);
    /** One slot at a time, for a train that must not be one. */
    private final MemorySegment singleIovec = arena.allocate(MessageHeader.IOVEC_BYTES, 8);

    private final MemorySegment singleControl = arena.allocate(CONTROL_STRIDE, 8);
    private final MemorySegment singleHeader = arena.allocate(MessageHeader.MMSGHDR_BYTES, 8);

    private final UdpPort port;
    private final TooLongListener tooLong;
    private final UdpCounters counters;
    private final @Nullable Endpoint[] targets = new Endpoint[MAX_TRAINS];
    private final @Nullable Endpoint[] locals = new Endpoint[MAX_TRAINS];
    private final int[] trafficClasses = new int[MAX_TRAINS];
    private final int[] slotLengths = new int[MAX_TRAINS];
    private final int[] slots = new int[MAX_TRAINS];
    private final int[] bytes = new int[MAX_TRAINS];
    private final int[] pieces = new int[MAX_TRAINS];
    private final int[] nameBytes = new int[MAX_TRAINS];
    private final int[] rounds = new int[MAX_TRAINS];
    private final int[] order = new int[MAX_TRAINS];
    /** Place in {@link #newest} of each train. */
    private final int[] places = new int[MAX_TRAINS];
    /** The newest train of each way, plus one; 0 = none. */
    private final int[] newest = new int[INDEX_PLACES];

    private int trains;
    private boolean inOrder = true;
    private long sentDatagrams;
    private long sentBytes;
    private long sentTrains;
    private long refusedDatagrams;

    TrainForwarder(UdpPort port, TooLongListener tooLong) {
        this.port = port;
        this.tooLong = tooLong;
        counters = port.counters();
        Libc.setPollFd(pollFd, 0, port.fd(), Libc.POLLOUT);
    }

    /** How many datagrams of so many bytes one train carries. */
    public static int slots(int datagramBytes) {
        return Math.clamp(MAX_TRAIN_BYTES / datagramBytes, 1, MAX_SLOTS);
    }

    /** Datagrams that the kernel has taken since the start. */
    public long sentDatagrams() {
        return sentDatagrams;
    }

    public long sentBytes() {
        return sentBytes;
    }

    /** Messages that the kernel has taken: datagrams by it is the mean train. */
    public long sentTrains() {
        return sentTrains;
    }

    /** Datagrams that the kernel has not taken; the port's counters have the reasons. */
    public long refusedDatagrams() {
        return refusedDatagrams;
    }

    /**
     * Sends one datagram out of memory of the caller's, which must not change until the next {@link #flush} is over.
     * Units: bytes; {@code trafficClass} 0 to 255 of the outer header
     */
    public void add(Endpoint local, Endpoint target, MemorySegment memory, long offset, int length, int trafficClass) {
        int train = trainFor(local, target, trafficClass, length, length, 0);
        if (train >= 0) {
            append(train, memory.address() + offset, length, length);
        }
    }

    /**
     * Passes part of a received message on, unchanged; it leaves with the next {@link #flush}, or before when there is no
     * room, and the batch must not be received into until then.
     *
     * @param local the address of ours that it leaves from; unspecified leaves the choice to the kernel
     * @param offset where a slot begins
     * @param length any number of slots
     * @param round a train of a lower round leaves first; datagrams of one sender have rounds that do not fall
     */
    public void add(
            Endpoint local, Endpoint target, DatagramBatch batch, int message, int offset, int length, int round) {
        int trafficClass = batch.trafficClass(message);
        int slotLength = Math.min(length, batch.slotLength(message));
        for (int done = 0; done < length; ) {
            int left = length - done;
            int train = trainFor(local, target, trafficClass, slotLength, left, round);
            if (train < 0) {
                return;
            }
            int room = Math.min(MAX_SLOTS - slots[train], (MAX_TRAIN_BYTES - bytes[train]) / slotLengths[train]);
            int part = Math.min(left, Math.max(1, room) * slotLength);
            append(train, batch.address(message, offset + done), part, slotLength);
            done += part;
        }
    }

    private void append(int train, long address, int length, int slotLength) {
        long iovec = (long) train * IOVEC_STRIDE + (long) pieces[train] * MessageHeader.IOVEC_BYTES;
        long last = iovec - MessageHeader.IOVEC_BYTES;
        if (pieces[train] > 0
                && MessageHeader.iovecAddress(iovecs, last) + MessageHeader.iovecBytes(iovecs, last) == address) {
            MessageHeader.setIovec(
                    iovecs,
                    last,
                    MessageHeader.iovecAddress(iovecs, last),
                    MessageHeader.iovecBytes(iovecs, last) + length);
        } else {
            MessageHeader.setIovec(iovecs, iovec, address, length);
            pieces[train]++;
        }
        bytes[train] += length;
        slots[train] += (length + slotLength - 1) / slotLength;
    }

    /** The newest train of this way if it takes such slots, else a new one; below zero if nothing can be sent there. */
    private int trainFor(Endpoint local, Endpoint target, int trafficClass, int slotLength, int left, int round) {
        int last = trains - 1;
        if (last >= 0
                && targets[last] == target
                && locals[last] == local
                && trafficClasses[last] == trafficClass
                && takes(last, slotLength, left)) {
            return last; // one flow after another is what is usual
        }
        int place = place(local, target, trafficClass);
        if (newest[place] > 0 && takes(newest[place] - 1, slotLength, left)) {
            return newest[place] - 1;
        }
        if (trains == MAX_TRAINS) {
            flush();
            place = place(local, target, trafficClass);
        }
        int train = trains;
        int length = SocketAddress.write(names, (long) train * NAME_STRIDE, port.family(), target);
        if (length < 0) {
            counters.count(length, (left + slotLength - 1) / slotLength);
            refusedDatagrams += (left + slotLength - 1) / slotLength;
            return -1;
        }
        newest[place] = ++trains;
        places[train] = place;
        targets[train] = target;
        locals[train] = local;
        trafficClasses[train] = trafficClass;
        slotLengths[train] = slotLength;
        slots[train] = 0;
        bytes[train] = 0;
        pieces[train] = 0;
        nameBytes[train] = length;
        rounds[train] = round;
        order[train] = train;
        inOrder &= train == 0 || rounds[train - 1] <= round;
        return train;
    }

    private boolean takes(int train, int slotLength, int left) {
        boolean same = slotLength == slotLengths[train];
        boolean last = slotLength < slotLengths[train] && left == slotLength;
        return (same || last)
                && bytes[train] == slots[train] * slotLengths[train] // none of its slots is short
                && slots[train] < MAX_SLOTS
                && bytes[train] + slotLength <= MAX_TRAIN_BYTES
                && !port.segmentationOff();
    }

    private int place(Endpoint local, Endpoint target, int trafficClass) {
        IpAddress address = target.address();
        long mixed = (address.low() + address.high() * 31 + ((long) target.port() << 17) + trafficClass)
                * 0x9E37_79B9_7F4A_7C15L;
        int place = (int) (mixed >>> 32) & INDEX_PLACES - 1;
        while (newest[place] > 0 && !isWay(newest[place] - 1, local, target, trafficClass)) {
            place = place + 1 & INDEX_PLACES - 1;
        }
        return place;
    }

    private boolean isWay(int train, Endpoint local, Endpoint target, int trafficClass) {
        return trafficClasses[train] == trafficClass && target.equals(targets[train]) && local.equals(locals[train]);
    }

    /** Hands all trains to the kernel, those of lower rounds first. */
    public void flush() {
        if (!inOrder) {
            sort();
        }
        for (int i = 0; i < trains; i++) {
            describe(i, order[i]);
        }
        boolean mayWait = true;
        for (int done = 0; done < trains; ) {
            long first = headers.address() + (long) done * MessageHeader.MMSGHDR_BYTES;
            int sent = Libc.sendmmsg(errno, port.fd(), first, trains - done, UdpPort.MSG_DONTWAIT);
            if (sent > 0) {
                for (int end = done + sent; done < end; done++) {
                    sent(order[done]);
                }
            } else if (sent == -Libc.EAGAIN && mayWait) {
                mayWait = Libc.poll(errno, pollFd, 1, FULL_WAIT_MS) > 0;
            } else if (sent != -Libc.EINTR) {
                refused(order[done++], sent);
            }
        }
        for (int i = 0; i < trains; i++) {
            newest[places[i]] = 0;
        }
        trains = 0;
        inOrder = true;
    }

    /** Insertion keeps the order of equals and is quick for what is almost in order. */
    private void sort() {
        for (int i = 1; i < trains; i++) {
            int train = order[i];
            int at = i;
            while (at > 0 && rounds[order[at - 1]] > rounds[train]) {
                order[at] = order[at - 1];
                at--;
            }
            order[at] = train;
        }
    }

    private void describe(int message, int train) {
        long header = (long) message * MessageHeader.MMSGHDR_BYTES;
        int control = train * CONTROL_STRIDE;
        int end = control(controls, control, train, slots[train] > 1 ? slotLengths[train] : 0);
        MessageHeader.setBuffers(
                headers,
                header,
                names.address() + (long) train * NAME_STRIDE,
                iovecs.address() + (long) train * IOVEC_STRIDE,
                pieces[train],
                controls.address() + control);
        MessageHeader.reset(headers, header, nameBytes[train], (long) end - control);
    }

    /** Writes the control messages of one send; returns the offset behind them. */
    private int control(MemorySegment to, int start, int train, int slotLength) {
        int at = start;
        Endpoint local = locals[train];
        Endpoint target = targets[train];
        if (local == null || target == null) {
            return at;
        }
        boolean v4 = target.address().isV4();
        if (PacketInfo.mayChoose(local.address(), target.address())) {
            at = PacketInfo.put(to, at, local.address());
        }
        if (slotLength > 0) {
            at = MessageHeader.putShort(to, at, MessageHeader.SOL_UDP, MessageHeader.UDP_SEGMENT, slotLength);
        }
        if (trafficClasses[train] > 0) {
            at = MessageHeader.putInt(
                    to,
                    at,
                    v4 ? MessageHeader.SOL_IP : MessageHeader.SOL_IPV6,
                    v4 ? MessageHeader.IP_TOS : MessageHeader.IPV6_TCLASS,
                    trafficClasses[train]);
        }
        return at;
    }

    private void sent(int train) {
        counters.count(bytes[train], slots[train]);
        sentDatagrams += slots[train];
        sentBytes += bytes[train];
        sentTrains++;
    }

    private void refused(int train, int result) {
        // A driver without checksum offload says EIO, always; the others mean this path only: its MTU is smaller.
        boolean maySplit = result == -Libc.EIO || result == -Libc.EINVAL || result == -Libc.EMSGSIZE;
        if (slots[train] == 1 || !maySplit) {
            counters.count(result == 0 ? -Libc.EAGAIN : result, slots[train]);
            refusedDatagrams += slots[train];
            tellTooLong(train, result, bytes[train]);
            return;
        }
        if (result == -Libc.EIO) {
            port.switchSegmentationOff();
        }
        for (int piece = 0; piece < pieces[train]; piece++) {
            long iovec = (long) train * IOVEC_STRIDE + (long) piece * MessageHeader.IOVEC_BYTES;
            long address = MessageHeader.iovecAddress(iovecs, iovec);
            long end = address + MessageHeader.iovecBytes(iovecs, iovec);
            for (; address < end; address += slotLengths[train]) {
                sendOne(train, address, (int) Math.min(slotLengths[train], end - address));
            }
        }
    }

    private void sendOne(int train, long address, int length) {
        MessageHeader.setIovec(singleIovec, 0, address, length);
        int controlBytes = control(singleControl, 0, train, 0);
        MessageHeader.setBuffers(
                singleHeader,
                0,
                names.address() + (long) train * NAME_STRIDE,
                singleIovec.address(),
                1,
                singleControl.address());
        MessageHeader.reset(singleHeader, 0, nameBytes[train], controlBytes);
        int sent = Libc.sendmmsg(errno, port.fd(), singleHeader.address(), 1, UdpPort.MSG_DONTWAIT);
        counters.count(sent > 0 ? length : sent == 0 ? -Libc.EAGAIN : sent, 1);
        if (sent > 0) {
            sentDatagrams++;
            sentBytes += length;
            sentTrains++;
        } else {
            refusedDatagrams++;
            tellTooLong(train, sent, length);
        }
    }

    private void tellTooLong(int train, int result, int length) {
        Endpoint target = targets[train];
        if (result == -Libc.EMSGSIZE && target != null) {
            tooLong.tooLong(target, length);
        }
    }

    /** Forgets what waits; for after an error of ours. */
    public void discard() {
        Arrays.fill(newest, 0);
        trains = 0;
        inOrder = true;
    }
}
