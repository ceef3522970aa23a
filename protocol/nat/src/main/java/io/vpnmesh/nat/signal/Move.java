// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * Body of MOVE, from a relay that leaves: {@code seconds 2 | count 1 | node id 16 each}.
 *
 * @param seconds until the relay stops
 * @param alternatives relays to try, best first; may be empty
 */
public record Move(int seconds, List<NodeId> alternatives) {

    private static final int MAX_ALTERNATIVES = 16;

    public Move {
        alternatives = List.copyOf(alternatives);
        if (alternatives.size() > MAX_ALTERNATIVES || seconds < 0 || seconds > 0xFFFF) {
            throw new IllegalArgumentException("MOVE with " + alternatives.size() + " relays in " + seconds + " s");
        }
    }

    public byte[] encode() {
        WireWriter writer = new WireWriter().u16(seconds).u8(alternatives.size());
        alternatives.forEach(node -> writer.bytes(node.bytes()));
        return writer.toByteArray();
    }

    public static Move decode(byte[] body) throws MalformedException {
        WireReader reader = new WireReader(body);
        int seconds = reader.u16("seconds");
        int count = reader.u8("count");
        if (count > MAX_ALTERNATIVES) {
            throw new MalformedException(2, "count", "is " + count);
        }
        List<NodeId> alternatives = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            alternatives.add(NodeId.of(reader.bytes(NodeId.LENGTH_BYTES, "relay")));
        }
        reader.end("MOVE");
        return new Move(seconds, alternatives);
    }
}
