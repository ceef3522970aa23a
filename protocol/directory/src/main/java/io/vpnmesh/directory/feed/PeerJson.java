// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.feed;

import static io.vpnmesh.directory.feed.FeedCodec.texts;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.json.JsonObject;
import io.vpnmesh.directory.record.Capability;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RelayEndpoints;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** A peer record as fields of a JSON object; entries unknown to this software stay out of the feed. */
final class PeerJson {

    private PeerJson() {}

    static void write(Map<String, Object> fields, PeerRecord peer) {
        fields.put("node", peer.node().toString());
        fields.put("name", peer.name());
        fields.put("generation", peer.generation());
        fields.put("role", peer.role().name().toLowerCase(Locale.ROOT));
        fields.put("addresses", texts(peer.addresses()));
        fields.put("identity", peer.identity());
        fields.put("homeRelays", texts(peer.homeRelays()));
        fields.put(
                "capabilities",
                peer.capabilities().stream().map(Capability::number).toList());
        fields.put("draining", peer.draining());
        peer.relay().ifPresent(endpoints -> {
            Map<String, Object> relay = new LinkedHashMap<>();
            relay.put("udp", texts(endpoints.udp()));
            relay.put("tls", texts(endpoints.tls()));
            fields.put("relay", relay);
        });
    }

    static PeerRecord read(JsonObject json) throws MalformedException {
        return new PeerRecord(
                json.text("node", NodeId::parse),
                json.number("generation", 0, NodeIdentity.MAX_GENERATION),
                json.text("role", text -> NodeRole.valueOf(text.toUpperCase(Locale.ROOT))),
                json.texts("addresses", IpAddress::parse),
                json.text("identity"),
                json.texts("homeRelays", NodeId::parse),
                capabilities(json),
                json.flag("draining"),
                relay(json),
                json.text("name", ""),
                CborMap.EMPTY);
    }

    private static Set<Capability> capabilities(JsonObject json) throws MalformedException {
        return json.numbers("capabilities").stream()
                .map(number -> new Capability(Math.clamp(number, 0, Integer.MAX_VALUE)))
                .collect(Collectors.toSet());
    }

    private static Optional<RelayEndpoints> relay(JsonObject json) throws MalformedException {
        if (!json.has("relay")) {
            return Optional.empty();
        }
        JsonObject relay = json.object("relay");
        return Optional.of(
                new RelayEndpoints(relay.texts("udp", Endpoint::parse), relay.texts("tls", Endpoint::parse)));
    }
}
