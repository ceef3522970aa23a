// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.inbound;

import io.vpnmesh.core.net.IpView;
import java.nio.ByteBuffer;

/**
 * The flow of a packet that an ICMP error quotes. The quotation is cut off somewhere behind the first 8 bytes of its
 * transport header (RFC 792), so its own length says nothing.
 */
final class QuotedFlow {

    private static final int V4_HEADER = 20;
    private static final int V6_HEADER = 40;
    private static final int PORTS = 4;

    private QuotedFlow() {}

    /** The hash, or 0 when the quotation is no IP packet with its ports. */
    static long hash(FlowHash hash, byte[] buffer, int offset, int length) {
        if (length < V4_HEADER + PORTS) {
            return 0;
        }
        ByteBuffer quoted = ByteBuffer.wrap(buffer, offset, length).slice();
        return (quoted.get(0) & 0xF0) == 0x40 ? v4(hash, quoted) : v6(hash, quoted);
    }

    private static long v4(FlowHash hash, ByteBuffer quoted) {
        int header = (quoted.get(0) & 0xF) * 4;
        boolean laterFragment = (quoted.getShort(6) & 0x1FFF) != 0;
        if (header < V4_HEADER || laterFragment || quoted.limit() < header + 8) {
            return 0;
        }
        return of(hash, quoted.get(9) & 0xFF, header, quoted, 0, word(quoted, 12), 0, word(quoted, 16));
    }

    private static long v6(FlowHash hash, ByteBuffer quoted) {
        // Nobody in a pod sends extension headers in front of what could be answered by an error that matters.
        if ((quoted.get(0) & 0xF0) != 0x60 || quoted.limit() < V6_HEADER + 8) {
            return 0;
        }
        return of(
                hash,
                quoted.get(6) & 0xFF,
                V6_HEADER,
                quoted,
                quoted.getLong(8),
                quoted.getLong(16),
                quoted.getLong(24),
                quoted.getLong(32));
    }

    private static long of(
            FlowHash hash,
            int protocol,
            int transport,
            ByteBuffer quoted,
            long fromHigh,
            long fromLow,
            long toHigh,
            long toLow) {
        boolean icmp = protocol == IpView.ICMP || protocol == IpView.ICMPV6;
        int from = quoted.getShort(transport + (icmp ? 4 : 0)) & 0xFFFF;
        int to = icmp ? from : quoted.getShort(transport + 2) & 0xFFFF;
        return hash.of(protocol, fromHigh, fromLow, from, toHigh, toLow, to);
    }

    private static long word(ByteBuffer quoted, int at) {
        return quoted.getInt(at) & 0xFFFF_FFFFL;
    }
}
