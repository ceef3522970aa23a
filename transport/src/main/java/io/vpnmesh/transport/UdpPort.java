// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * One UDP socket for both families. One thread receives; any thread sends, each through its own {@link #newSender}.
 *
 * <p>The socket never fragments and ignores the kernel's path MTU (IP_PMTUDISC_PROBE): sizes are found by our own
 * probes. Trains are received joined (UDP_GRO) where the kernel can, and the batch says so. A socket on every address
 * answers from the one that was written to: the batch says which ({@link DatagramBatch#local}), and the sender takes it.
 */
public final class UdpPort implements AutoCloseable {

    /** What {@link #receive} returns after {@link #stopReceiving}. */
    public static final int STOPPED = -1;

    static final int MSG_DONTWAIT = 0x40;

    private static final int MSG_WAITFORONE = 0x10000;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int SHUT_RD = 0;
    private static final int SO_SNDBUF = 7;
    private static final int SO_RCVBUF = 8;
    private static final int SO_RCVTIMEO = 20;
    private static final int IP_MTU_DISCOVER = 10;
    private static final int IP_RECVTOS = 13;
    private static final int IPV6_MTU_DISCOVER = 23;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPV6_RECVTCLASS = 66;
    private static final int PMTUDISC_PROBE = 3;

    /** Asked for; an unprivileged process gets net.core.rmem_max at most. Holds a burst while the JVM pauses. */
    private static final int SOCKET_BUFFER_BYTES = 7 << 20;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment errno = Libc.newErrno(arena);
    private final MemorySegment scratch = arena.allocate(32, 8);
    private final MemorySegment stopErrno = Libc.newErrno(arena);
    private final UdpCounters counters = new UdpCounters();
    private final int fd;
    private final int family;
    private final Endpoint local;
    private final boolean joinsTrains;
    /** What SO_RCVTIMEO says; the receiving thread's own. */
    private int receiveTimeoutMs = -1;

    private volatile boolean segmentationOff;
    private volatile boolean stopped;

    /** Opens a socket on every address of the machine. Units: port 0 takes a free one. */
    public static UdpPort bind(int port) throws IOException {
        return bind(new Endpoint(new IpAddress(6, 0, 0), port));
    }

    /** Opens a socket. Errors: IOException with the address and what to do. */
    public static UdpPort bind(Endpoint local) throws IOException {
        return bind(local, true);
    }

    /** @param tryV6 false: as on a machine without IPv6 */
    static UdpPort bind(Endpoint local, boolean tryV6) throws IOException {
        return new UdpPort(local, tryV6);
    }

    private UdpPort(Endpoint wanted, boolean tryV6) throws IOException {
        int type = SOCK_DGRAM | SOCK_CLOEXEC; // who sends says MSG_DONTWAIT, who receives waits in the call itself
        int socket = tryV6 ? Libc.socket(errno, SocketAddress.AF_INET6, type, 0) : -Libc.EAFNOSUPPORT;
        boolean dual = socket >= 0;
        if (!dual) { // a node booted with ipv6.disable=1
            socket = Libc.socket(errno, SocketAddress.AF_INET, type, 0);
        }
        if (socket < 0) {
            arena.close();
            throw new IOException("cannot open a UDP socket: errno " + -socket);
        }
        fd = socket;
        family = dual ? SocketAddress.AF_INET6 : SocketAddress.AF_INET;
        if (dual) {
            option(MessageHeader.SOL_IPV6, IPV6_V6ONLY, 0);
            option(MessageHeader.SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
            option(MessageHeader.SOL_IPV6, IPV6_RECVTCLASS, 1);
            option(MessageHeader.SOL_IPV6, PacketInfo.IPV6_RECVPKTINFO, 1); // covers IPv4, mapped
        } else {
            option(MessageHeader.SOL_IP, PacketInfo.IP_PKTINFO, 1);
        }
        option(MessageHeader.SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE);
        option(MessageHeader.SOL_IP, IP_RECVTOS, 1);
        option(MessageHeader.SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
        option(MessageHeader.SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
        option(MessageHeader.SOL_SOCKET, MessageHeader.SO_RXQ_OVFL, 1);
        joinsTrains = option(MessageHeader.SOL_UDP, MessageHeader.UDP_GRO, 1);
        segmentationOff = !option(MessageHeader.SOL_UDP, MessageHeader.UDP_SEGMENT, 0); // kernels before 4.18
        try {
            local = bindTo(wanted);
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    private Endpoint bindTo(Endpoint wanted) throws IOException {
        boolean any = wanted.address().isUnspecified();
        Endpoint address = any && family == SocketAddress.AF_INET
                ? new Endpoint(IpAddress.ANY_V4, wanted.port())
                : any ? new Endpoint(new IpAddress(6, 0, 0), wanted.port()) : wanted;
        int bytes = SocketAddress.write(scratch, 0, family, address);
        int result = bytes < 0 ? bytes : Libc.bind(errno, fd, scratch, bytes);
        if (result < 0) {
            throw new IOException("cannot bind UDP " + wanted + ": "
                    + switch (-result) {
                        case Libc.EADDRINUSE -> "the port is taken; choose another udp.port, or stop what holds it";
                        case Libc.EADDRNOTAVAIL -> "this machine has no such address";
                        case Libc.EACCES -> "ports below 1024 need a privilege; choose a higher udp.port";
                        default -> "errno " + -result;
                    });
        }
        MemorySegment size = arena.allocate(JAVA_INT);
        size.set(JAVA_INT, 0, SocketAddress.BYTES);
        Libc.getsockname(errno, fd, scratch, size);
        return SocketAddress.read(scratch, 0);
    }

    private boolean option(int level, int name, int value) {
        return Libc.setsockopt(errno, fd, level, name, scratch, value) >= 0;
    }

    /** Where the socket is bound: the address may be unspecified, the port never is. */
    public Endpoint local() {
        return local;
    }

    /** Whether the kernel joins trains on receive (UDP_GRO, Linux 5.0). */
    public boolean joinsTrains() {
        return joinsTrains;
    }

    /** Whether trains leave whole (UDP_SEGMENT): not before Linux 4.18, nor through a driver that has refused one. */
    public boolean sendsTrains() {
        return !segmentationOff;
    }

    public UdpCounters counters() {
        return counters;
    }

    /** A way to send for one thread; close it before the port. */
    public UdpSender newSender() {
        return new UdpSender(this);
    }

    /** A way to pass datagrams on as trains, for one thread. */
    public TrainForwarder newForwarder() {
        return newForwarder((_, _) -> {});
    }

    /** @param tooLong hears of each datagram that an interface on the way is too narrow for */
    public TrainForwarder newForwarder(TooLongListener tooLong) {
        return new TrainForwarder(this, tooLong);
    }

    /**
     * Waits for datagrams and fills the batch with what is there.
     * Units:  milliseconds, -1 = as long as it takes
     * Errors: 0 on time-out; {@link #STOPPED} after {@link #stopReceiving}
     */
    public int receive(DatagramBatch batch, int timeoutMs) {
        if (stopped) {
            return STOPPED;
        }
        if (timeoutMs != 0 && timeoutMs != receiveTimeoutMs) {
            Libc.setTimeout(errno, fd, MessageHeader.SOL_SOCKET, SO_RCVTIMEO, scratch, Math.max(0, timeoutMs));
            receiveTimeoutMs = timeoutMs;
        }
        // One call that waits by itself, instead of a look, a poll and another look for each sleep.
        int received = batch.receive(errno, fd, local, timeoutMs == 0 ? MSG_DONTWAIT : MSG_WAITFORONE);
        if (stopped) {
            return STOPPED;
        }
        // An error may be an ICMP report of an earlier send: it is consumed by being read.
        return Math.max(0, received);
    }

    /** Lets the receiving thread return at once; from any thread. */
    public synchronized void stopReceiving() {
        if (!stopped) {
            stopped = true;
            Libc.shutdown(stopErrno, fd, SHUT_RD); // wakes whoever waits, though it is no connection to shut down
        }
    }

    int fd() {
        return fd;
    }

    int family() {
        return family;
    }

    boolean segmentationOff() {
        return segmentationOff;
    }

    void switchSegmentationOff() {
        segmentationOff = true;
    }

    /** Closes the socket; the receiving thread has ended and the senders are closed. */
    @Override
    public void close() {
        stopped = true;
        Libc.close(errno, fd);
        arena.close();
    }
}
