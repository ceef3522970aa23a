// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How a node reaches one peer.
 *
 * @param reason why it is not direct, CamelCase; empty when it is
 * @param rttMs round trip in milliseconds; negative (absent in JSON) while unknown
 * @param relay the relay in use; empty unless relayed
 */
public record PeerStatus(NodeId node, Path path, String reason, double rttMs, Optional<NodeId> relay) {

    /** The kind of path in use. */
    public enum Path {
        DIRECT,
        RELAYED,
        DOWN;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Path parse(String text) {
            return valueOf(text.toUpperCase(Locale.ROOT));
        }
    }

    Map<String, Object> toFields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", node);
        fields.put("path", path.text());
        if (!reason.isEmpty()) {
            fields.put("reason", reason);
        }
        if (rttMs >= 0) {
            fields.put("rttMs", rttMs);
        }
        relay.ifPresent(id -> fields.put("relay", id));
        return fields;
    }

    static PeerStatus read(JsonObject json) throws MalformedException {
        return new PeerStatus(
                json.text("node", NodeId::parse),
                json.text("path", Path::parse),
                json.text("reason", ""),
                json.real("rttMs", -1),
                json.has("relay") ? Optional.of(json.text("relay", NodeId::parse)) : Optional.empty());
    }
}
