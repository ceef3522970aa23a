// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** A peer record as a CBOR map. Empty things are left out: one meaning, one encoding. */
final class RecordCbor {

    private static final int NODE = 1;
    private static final int GENERATION = 2;
    private static final int ROLE = 3;
    private static final int ADDRESSES = 4;
    private static final int IDENTITY = 5;
    private static final int HOME_RELAYS = 6;
    private static final int CAPABILITIES = 7;
    private static final int DRAINING = 8;
    private static final int RELAY = 9;
    private static final int NAME = 10;
    // Reserved: 11 prefixes owned beyond the own addresses, 12 exported names.

    private static final Set<Long> KNOWN = Set.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);

    private static final int RELAY_UDP = 1;
    private static final int RELAY_TLS = 2;

    private static final int MAX_CAPABILITIES = 256;
    private static final int MAX_ENDPOINTS = 16;

    private RecordCbor() {}

    static CborMap write(PeerRecord peer) {
        CborMap.Builder map = CborMap.builder()
                .put(NODE, peer.node().bytes())
                .put(GENERATION, peer.generation())
                .put(ROLE, peer.role().wire())
                .put(
                        ADDRESSES,
                        peer.addresses().stream()
                                .map(address -> CborValue.of(address.bytes()))
                                .toList())
                .put(IDENTITY, peer.identity())
                .putUnlessEmpty(
                        HOME_RELAYS,
                        peer.homeRelays().stream()
                                .map(relay -> CborValue.of(relay.bytes()))
                                .toList())
                .putUnlessEmpty(
                        CAPABILITIES,
                        peer.capabilities().stream()
                                .map(item -> CborValue.of(item.number()))
                                .toList());
        if (peer.draining()) {
            map.put(DRAINING, CborValue.of(true));
        }
        if (peer.relay().isPresent()) {
            RelayEndpoints relay = peer.relay().get();
            map.put(
                    RELAY,
                    CborMap.builder()
                            .putUnlessEmpty(RELAY_UDP, endpoints(relay.udp()))
                            .putUnlessEmpty(RELAY_TLS, endpoints(relay.tls()))
                            .build());
        }
        if (!peer.name().isEmpty()) {
            map.put(NAME, peer.name());
        }
        return map.putAll(peer.unknown()).build();
    }

    static PeerRecord read(CborValue value) throws MalformedException {
        CborMap map = value.asMap("record");
        return new PeerRecord(
                node(map.need(NODE, "node id")),
                map.need(GENERATION, "generation").asInt("generation", 0, NodeIdentity.MAX_GENERATION),
                NodeRole.ofWire(map.need(ROLE, "role").asInt("role")),
                map.need(ADDRESSES, "addresses")
                        .asList("addresses", NodeIdentity.MAX_ADDRESSES, item -> IpAddress.of(item.asBytes("address"))),
                map.need(IDENTITY, "identity").asText("identity"),
                optionalList(map, HOME_RELAYS, "home relays", PeerRecord.MAX_HOME_RELAYS, RecordCbor::node),
                new HashSet<>(optionalList(
                        map,
                        CAPABILITIES,
                        "capabilities",
                        MAX_CAPABILITIES,
                        item -> new Capability((int) item.asInt("capability", 1, 0xFFFF)))),
                map.get(DRAINING).isPresent() && map.need(DRAINING, "draining").asBool("draining"),
                relay(map),
                map.get(NAME).isPresent() ? map.need(NAME, "name").asText("name") : "",
                map.without(KNOWN));
    }

    static NodeId node(CborValue item) throws MalformedException {
        return NodeId.of(item.asBytes("node id", NodeId.LENGTH_BYTES));
    }

    private static Optional<RelayEndpoints> relay(CborMap map) throws MalformedException {
        if (map.get(RELAY).isEmpty()) {
            return Optional.empty();
        }
        CborMap relay = map.need(RELAY, "relay").asMap("relay");
        return Optional.of(new RelayEndpoints(
                optionalList(relay, RELAY_UDP, "UDP endpoints", MAX_ENDPOINTS, RecordCbor::endpoint),
                optionalList(relay, RELAY_TLS, "TLS endpoints", MAX_ENDPOINTS, RecordCbor::endpoint)));
    }

    private static <T> List<T> optionalList(
            CborMap map, int key, String field, int maxItems, CborValue.ItemReader<T> reader)
            throws MalformedException {
        Optional<CborValue> value = map.get(key);
        return value.isEmpty() ? List.of() : value.get().asList(field, maxItems, reader);
    }

    private static List<CborValue> endpoints(List<Endpoint> endpoints) {
        return endpoints.stream()
                .map(endpoint -> CborValue.of(new WireWriter(18)
                        .bytes(endpoint.address().bytes())
                        .u16(endpoint.port())
                        .toByteArray()))
                .toList();
    }

    /** Address of 4 or 16 bytes, port of 2. */
    private static Endpoint endpoint(CborValue item) throws MalformedException {
        byte[] bytes = item.asBytes("endpoint");
        WireReader reader = new WireReader(bytes);
        IpAddress address = IpAddress.of(reader.bytes(Math.max(bytes.length - 2, 0), "address"));
        return new Endpoint(address, reader.u16("port"));
    }
}
