// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.ctl;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import io.vpnmesh.directory.ctl.CtlMessage.ClusterSequence;
import io.vpnmesh.directory.ctl.CtlMessage.Digest;
import io.vpnmesh.directory.ctl.CtlMessage.Hello;
import io.vpnmesh.directory.ctl.CtlMessage.JoinAnswered;
import io.vpnmesh.directory.ctl.CtlMessage.JoinForward;
import io.vpnmesh.directory.ctl.CtlMessage.LinkStates;
import io.vpnmesh.directory.ctl.CtlMessage.Problem;
import io.vpnmesh.directory.ctl.CtlMessage.Publish;
import io.vpnmesh.directory.ctl.CtlMessage.Revocations;
import io.vpnmesh.directory.ctl.CtlMessage.Subscribe;
import io.vpnmesh.directory.ctl.CtlMessage.Unknown;
import java.util.ArrayList;
import java.util.List;

/** A control message as a CBOR map whose key 0 is the kind. Framing is {@link LengthFraming}. */
public final class CtlCodec {

    public static final String ALPN = "vpnmesh-ctl/1";

    private static final int KIND = 0;
    private static final int HELLO = 1;
    private static final int PUBLISH = 2;
    private static final int REVOCATIONS = 3;
    private static final int LINK_STATES = 4;
    private static final int SUBSCRIBE = 5;
    private static final int DIGEST = 6;
    private static final int JOIN_FORWARD = 7;
    private static final int JOIN_ANSWERED = 8;
    private static final int PROBLEM = 9;

    private static final int MAX_CLUSTERS = 4096;

    private CtlCodec() {}

    /** The body, without its length. */
    public static byte[] encode(CtlMessage message) {
        CborMap.Builder map = CborMap.builder();
        switch (message) {
            case Hello hello ->
                map.put(KIND, HELLO)
                        .put(1, hello.version())
                        .put(2, hello.software())
                        .put(3, CborValue.of(hello.founder()));
            case Publish publish -> map.put(KIND, PUBLISH).put(1, publish.frame());
            case Revocations revocations -> map.put(KIND, REVOCATIONS).put(1, revocations.list());
            case LinkStates states -> map.put(KIND, LINK_STATES).put(1, states.state());
            case Subscribe subscribe -> map.put(KIND, SUBSCRIBE).put(1, have(subscribe));
            case Digest digest ->
                map.put(KIND, DIGEST)
                        .put(1, digest.cluster().bytes())
                        .put(2, digest.sequence())
                        .put(3, digest.buckets());
            case JoinForward forward ->
                map.put(KIND, JOIN_FORWARD).put(1, forward.connection()).put(2, forward.request());
            case JoinAnswered answered ->
                map.put(KIND, JOIN_ANSWERED).put(1, answered.connection()).put(2, answered.answer());
            case Problem problem ->
                map.put(KIND, PROBLEM).put(1, problem.reason()).put(2, problem.message());
            case Unknown unknown -> map.put(KIND, unknown.kind());
        }
        return Cbor.encode(map.build());
    }

    /** Errors: MalformedException; close the connection. */
    public static CtlMessage decode(byte[] body) throws MalformedException {
        CborMap map = Cbor.decode(body).asMap("control message");
        long kind = map.need(KIND, "kind").asInt("kind");
        return switch (Math.clamp(kind, 0, Integer.MAX_VALUE)) {
            case HELLO ->
                new Hello(
                        (int) map.need(1, "version").asInt("version", 1, 0xFFFF),
                        map.need(2, "software").asText("software"),
                        map.need(3, "founder").asBool("founder"));
            case PUBLISH -> new Publish(map.need(1, "frame").asBytes("frame"));
            case REVOCATIONS -> new Revocations(map.need(1, "list").asBytes("list"));
            case LINK_STATES -> new LinkStates(map.need(1, "link state").asBytes("link state"));
            case SUBSCRIBE ->
                new Subscribe(map.need(1, "clusters").asList("clusters", MAX_CLUSTERS, CtlCodec::clusterSequence));
            case DIGEST ->
                new Digest(
                        cluster(map.need(1, "cluster")),
                        map.need(2, "sequence").asInt("sequence", 0, Long.MAX_VALUE),
                        map.need(3, "buckets").asBytes("buckets"));
            case JOIN_FORWARD ->
                new JoinForward(
                        map.need(1, "connection").asInt("connection"),
                        map.need(2, "join request").asBytes("join request"));
            case JOIN_ANSWERED ->
                new JoinAnswered(
                        map.need(1, "connection").asInt("connection"),
                        map.need(2, "join answer").asBytes("join answer"));
            case PROBLEM ->
                new Problem(
                        map.need(1, "reason").asText("reason"),
                        map.need(2, "message").asText("message"));
            default -> new Unknown(kind);
        };
    }

    private static List<CborValue> have(Subscribe subscribe) {
        List<CborValue> items = new ArrayList<>();
        for (ClusterSequence item : subscribe.have()) {
            items.add(
                    new CborValue.Array(List.of(CborValue.of(item.cluster().bytes()), CborValue.of(item.sequence()))));
        }
        return items;
    }

    private static ClusterSequence clusterSequence(CborValue item) throws MalformedException {
        List<CborValue> pair = item.asArray("cluster state", 2);
        if (pair.size() != 2) {
            throw new MalformedException(0, "cluster state", "is not [cluster id, sequence]");
        }
        return new ClusterSequence(cluster(pair.get(0)), pair.get(1).asInt("sequence", 0, Long.MAX_VALUE));
    }

    private static ClusterId cluster(CborValue item) throws MalformedException {
        return ClusterId.of(item.asBytes("cluster id", ClusterId.LENGTH_BYTES));
    }
}
