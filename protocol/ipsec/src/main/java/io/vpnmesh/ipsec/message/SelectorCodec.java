// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.ArrayList;
import java.util.List;

/** Bodies of TSi and TSr payloads (RFC 7296 section 3.13). */
final class SelectorCodec {

    private static final int IPV4_RANGE = 7;
    private static final int IPV6_RANGE = 8;

    private SelectorCodec() {}

    /** Selectors of a type other than address ranges are left out: nothing can be narrowed to them. */
    static List<TrafficSelector> decode(WireReader body) throws MalformedException {
        int count = body.u8("TS: count");
        body.skip(3, "TS: reserved");
        List<TrafficSelector> selectors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int start = body.position();
            int type = body.u8("selector: type");
            int protocol = body.u8("selector: protocol");
            int length = body.u16("selector: length");
            if (length < 4) {
                throw new MalformedException(start, "selector: length");
            }
            WireReader in = body.slice(length - 4, "selector");
            if (type != IPV4_RANGE && type != IPV6_RANGE) {
                continue;
            }
            int size = type == IPV4_RANGE ? 4 : 16;
            int startPort = in.u16("selector: start port");
            int endPort = in.u16("selector: end port");
            IpAddress low = IpAddress.of(in.bytes(size, "selector: start address"));
            IpAddress high = IpAddress.of(in.bytes(size, "selector: end address"));
            in.end("selector");
            if (low.compareTo(high) > 0) {
                throw new MalformedException(start, "selector", "empty range");
            }
            selectors.add(new TrafficSelector(protocol, startPort, endPort, low, high));
        }
        body.end("TS payload");
        return selectors;
    }

    static void encode(WireWriter out, List<TrafficSelector> selectors) {
        out.u8(selectors.size()).zeros(3);
        for (TrafficSelector selector : selectors) {
            boolean v4 = selector.start().isV4();
            out.u8(v4 ? IPV4_RANGE : IPV6_RANGE).u8(selector.protocol()).u16(v4 ? 16 : 40);
            out.u16(selector.startPort()).u16(selector.endPort());
            out.bytes(selector.start().bytes()).bytes(selector.end().bytes());
        }
    }
}
