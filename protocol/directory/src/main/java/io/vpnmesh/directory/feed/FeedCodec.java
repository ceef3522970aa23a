// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.feed;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.Base32;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.feed.FeedObject.BookmarkObject;
import io.vpnmesh.directory.feed.FeedObject.ClusterObject;
import io.vpnmesh.directory.feed.FeedObject.CommandObject;
import io.vpnmesh.directory.feed.FeedObject.MeshObject;
import io.vpnmesh.directory.feed.FeedObject.PeerObject;
import io.vpnmesh.directory.feed.FeedObject.UnknownObject;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A feed event as one line of JSON: {@code {"type": …, "resourceVersion": …, "object": {"kind": …, …}}}. Fields and
 * kinds that this software does not know are skipped, so that a feed may be newer than its reader.
 */
public final class FeedCodec {

    private static final int ID_BYTES = 16;

    private FeedCodec() {}

    /** The line without its line break. */
    public static String encode(FeedEvent event) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("type", event.type().name());
        line.put("resourceVersion", event.resourceVersion());
        line.put("object", object(event.object()));
        return Json.write(line);
    }

    /** Errors: MalformedException names the field; the connection should be closed and the list fetched again. */
    public static FeedEvent decode(String line) throws MalformedException {
        JsonObject object = Json.parse(line);
        FeedEvent.Type type = object.text("type", FeedEvent.Type::valueOf);
        String resourceVersion = object.text("resourceVersion", "");
        JsonObject body = object.object("object");
        return new FeedEvent(type, JsonObject.guarded("object", body, FeedCodec::object), resourceVersion);
    }

    private static Map<String, Object> object(FeedObject object) {
        Map<String, Object> fields = new LinkedHashMap<>();
        switch (object) {
            case MeshObject mesh -> {
                fields.put("kind", "Mesh");
                fields.put("meshId", mesh.meshId().toString());
                fields.put("name", mesh.name());
                fields.put("ownCluster", mesh.ownCluster().toString());
                fields.put("suite", mesh.suite().text());
                fields.put("prefixes", texts(mesh.prefixes()));
                fields.put("stunServers", mesh.stunServers());
                fields.put("inbound", mesh.inbound().text());
                fields.put("roots", mesh.rootsPem());
                fields.put("networkId", mesh.networkId());
            }
            case ClusterObject cluster -> {
                fields.put("kind", "Cluster");
                fields.put("clusterId", cluster.clusterId().toString());
                fields.put("name", cluster.name());
                fields.put("prefixes", texts(cluster.prefixes()));
                fields.put("intermediate", cluster.intermediatePem());
                fields.put("revoked", cluster.revoked());
            }
            case PeerObject peer -> {
                fields.put("kind", "Peer");
                fields.put("clusterId", peer.clusterId().toString());
                PeerJson.write(fields, peer.record());
            }
            case CommandObject command -> {
                fields.put("kind", "Command");
                fields.put("id", command.id());
                fields.put("verb", command.verb());
                fields.put("args", command.args());
            }
            case BookmarkObject _ -> fields.put("kind", "Bookmark");
            case UnknownObject unknown -> fields.put("kind", unknown.kind());
        }
        return fields;
    }

    private static FeedObject object(JsonObject json) throws MalformedException {
        String kind = json.text("kind");
        return switch (kind) {
            case "Mesh" ->
                new MeshObject(
                        json.text("meshId", MeshId::parse),
                        json.text("name", ""),
                        json.text("ownCluster", ClusterId::parse),
                        json.text("suite", SuiteName::parse),
                        json.texts("prefixes", Cidr::parse),
                        json.texts("stunServers"),
                        json.text("inbound", InboundDefault::parse),
                        json.texts("roots"),
                        json.text("networkId", FeedCodec::networkId));
            case "Cluster" ->
                new ClusterObject(
                        json.text("clusterId", ClusterId::parse),
                        json.text("name", ""),
                        json.texts("prefixes", Cidr::parse),
                        json.text("intermediate"),
                        json.flag("revoked"));
            case "Peer" -> new PeerObject(json.text("clusterId", ClusterId::parse), PeerJson.read(json));
            case "Command" -> new CommandObject(json.text("id"), json.text("verb"), json.textMap("args"));
            case "Bookmark" -> new BookmarkObject();
            default -> new UnknownObject(kind);
        };
    }

    private static String networkId(String text) throws MalformedException {
        if (Base32.decode(text).length != ID_BYTES) {
            throw new MalformedException(0, "networkId", "is not 26 characters of base32");
        }
        return text;
    }

    static List<String> texts(Collection<?> values) {
        return values.stream().map(String::valueOf).toList();
    }
}
