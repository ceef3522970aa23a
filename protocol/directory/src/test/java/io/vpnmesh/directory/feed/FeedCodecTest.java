// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.Vectors;
import io.vpnmesh.directory.feed.FeedEvent.Type;
import io.vpnmesh.directory.feed.FeedObject.ClusterObject;
import io.vpnmesh.directory.feed.FeedObject.CommandObject;
import io.vpnmesh.directory.feed.FeedObject.MeshObject;
import io.vpnmesh.directory.feed.FeedObject.PeerObject;
import io.vpnmesh.directory.feed.FeedObject.UnknownObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FeedCodecTest {

    private final ExampleMesh example = new ExampleMesh();

    @Test
    void exampleIsCommitted() throws MalformedException {
        List<FeedEvent> events = events();
        StringBuilder lines = new StringBuilder();
        events.forEach(event -> lines.append(FeedCodec.encode(event)).append('\n'));

        Vectors.same("feed.jsonl", lines.toString());

        List<FeedEvent> read = new ArrayList<>();
        for (String line : Vectors.read("feed.jsonl").lines().toList()) {
            read.add(FeedCodec.decode(line));
        }
        assertThat(read).isEqualTo(events);
    }

    @Test
    void fieldsAndKindsOfNewerSoftwareAreSkipped() throws MalformedException {
        String newer = """
                {"type":"ADDED","resourceVersion":"9","new":[1,{"a":null}],"object":{"kind":"Bookmark","more":true}}""";
        String unknown = """
                {"type":"MODIFIED","resourceVersion":"9","object":{"kind":"Policy","rules":[]}}""";

        assertThat(FeedCodec.decode(newer).resourceVersion()).isEqualTo("9");
        assertThat(FeedCodec.decode(unknown).object()).isEqualTo(new UnknownObject("Policy"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{} {}",
                "{\"type\":\"ADDED\"}",
                "{\"type\":\"GONE\",\"object\":{\"kind\":\"Bookmark\"}}",
                "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Peer\",\"clusterId\":\"x\"}}",
                "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Mesh\",\"meshId\":7}}",
                "{\"type\":\"ADDED\",\"type\":\"ADDED\",\"object\":{\"kind\":\"Bookmark\"}}"
            })
    void brokenLineIsRefused(String line) {
        assertThatThrownBy(() -> FeedCodec.decode(line)).isInstanceOf(MalformedException.class);
    }

    @Test
    void errorNamesTheField() {
        String line = FeedCodec.encode(events().get(2)).replace("198.18.0.1", "198.18.0.256");

        assertThatThrownBy(() -> FeedCodec.decode(line))
                .hasMessageContaining("addresses")
                .hasMessageContaining("256");
    }

    private List<FeedEvent> events() {
        return List.of(
                new FeedEvent(
                        Type.ADDED,
                        new MeshObject(
                                example.mesh,
                                "shop/global",
                                example.north.id,
                                SuiteName.DEFAULT,
                                List.of(Cidr.parse("198.18.0.0/16"), Cidr.parse("fd00:1234:5678::/48")),
                                List.of("stun.example.com:3478"),
                                InboundDefault.DECLARED_PORTS,
                                List.of(Pem.encode(example.root)),
                                example.south.id.toString()),
                        "1"),
                new FeedEvent(
                        Type.ADDED,
                        new ClusterObject(
                                example.north.id,
                                "north",
                                List.of(example.north.prefix),
                                Pem.encode(example.north.full),
                                false),
                        "2"),
                new FeedEvent(
                        Type.MODIFIED,
                        new PeerObject(
                                example.north.id,
                                example.north
                                        .pod(1, "198.18.0.1")
                                        .withHomeRelays(List.of(NodeId.of(ExampleMesh.id(9))))),
                        "3"),
                new FeedEvent(Type.ADDED, new PeerObject(example.north.id, example.north.relay(9, "198.18.0.9")), "4"),
                new FeedEvent(Type.DELETED, new PeerObject(example.south.id, example.south.pod(2, "198.18.16.2")), "5"),
                new FeedEvent(Type.ADDED, new CommandObject("c1", "why", Map.of("peer", "198.18.0.1")), "6"),
                FeedEvent.bookmark("7"));
    }
}
