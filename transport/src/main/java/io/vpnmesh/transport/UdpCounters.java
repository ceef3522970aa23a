// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import java.util.concurrent.atomic.LongAdder;

/** What a socket counted; adding never contends, so every sender of a port shares them. */
public final class UdpCounters {

    final LongAdder sentDatagrams = new LongAdder();
    final LongAdder sentBytes = new LongAdder();
    final LongAdder bufferFull = new LongAdder();
    final LongAdder tooLong = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder unreachable = new LongAdder();
    final LongAdder otherErrors = new LongAdder();

    UdpCounters() {}

    public long sentDatagrams() {
        return sentDatagrams.sum();
    }

    public long sentBytes() {
        return sentBytes.sum();
    }

    /** EAGAIN, ENOBUFS: the send buffer or the interface's queue was full. */
    public long bufferFull() {
        return bufferFull.sum();
    }

    /** EMSGSIZE: longer than the path or interface takes. */
    public long tooLong() {
        return tooLong.sum();
    }

    /** EPERM, ECONNREFUSED: a local filter said no, or the other end did. */
    public long refused() {
        return refused.sum();
    }

    /** ENETUNREACH, EHOSTUNREACH and the like: no route. */
    public long unreachable() {
        return unreachable.sum();
    }

    public long otherErrors() {
        return otherErrors.sum();
    }

    void count(int result, int datagrams) {
        if (result >= 0) {
            sentDatagrams.add(datagrams);
            sentBytes.add(result);
            return;
        }
        LongAdder kind = switch (-result) {
            case Libc.EAGAIN, Libc.ENOBUFS -> bufferFull;
            case Libc.EMSGSIZE -> tooLong;
            case Libc.EPERM, Libc.EACCES, Libc.ECONNREFUSED -> refused;
            case Libc.ENETUNREACH, Libc.EHOSTUNREACH, Libc.ENETDOWN, Libc.EADDRNOTAVAIL, Libc.EAFNOSUPPORT ->
                unreachable;
            default -> otherErrors;
        };
        kind.add(datagrams);
    }
}
