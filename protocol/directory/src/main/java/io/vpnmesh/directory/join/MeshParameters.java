// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.join;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import java.time.Duration;
import java.util.List;

/**
 * What a joiner takes over from the founder.
 *
 * @param meshPrefixes the whole mesh's range
 * @param clusterPrefixes the joiner's share
 * @param founder the founding cluster
 * @param stunServers HOST:PORT
 */
public record MeshParameters(
        String name,
        ClusterId founder,
        String founderName,
        List<Cidr> meshPrefixes,
        List<Cidr> clusterPrefixes,
        SuiteName suite,
        Duration certificateLifetime,
        List<String> stunServers) {

    private static final int MAX_ITEMS = 64;

    public MeshParameters {
        meshPrefixes = List.copyOf(meshPrefixes);
        clusterPrefixes = List.copyOf(clusterPrefixes);
        stunServers = List.copyOf(stunServers);
        for (Cidr prefix : clusterPrefixes) {
            if (meshPrefixes.stream().noneMatch(mesh -> mesh.contains(prefix))) {
                throw new IllegalArgumentException("prefix " + prefix + " is outside the mesh " + meshPrefixes);
            }
        }
    }

    CborMap toCbor() {
        return CborMap.builder()
                .put(1, name)
                .put(2, founder.bytes())
                .put(3, founderName)
                .put(4, texts(meshPrefixes))
                .put(5, texts(clusterPrefixes))
                .put(6, suite.text())
                .put(7, certificateLifetime.toSeconds())
                .put(8, texts(stunServers))
                .build();
    }

    static MeshParameters read(CborValue value) throws MalformedException {
        CborMap map = value.asMap("mesh parameters");
        return new MeshParameters(
                map.need(1, "mesh name").asText("mesh name"),
                ClusterId.of(map.need(2, "founder").asBytes("founder")),
                map.need(3, "founder name").asText("founder name"),
                map.need(4, "mesh prefixes").asList("mesh prefixes", MAX_ITEMS, MeshParameters::cidr),
                map.need(5, "cluster prefixes").asList("cluster prefixes", MAX_ITEMS, MeshParameters::cidr),
                SuiteName.parse(map.need(6, "suite").asText("suite")),
                Duration.ofSeconds(map.need(7, "certificate lifetime").asInt("certificate lifetime", 60, 1L << 32)),
                map.need(8, "STUN servers").asList("STUN servers", MAX_ITEMS, item -> item.asText("STUN server")));
    }

    private static Cidr cidr(CborValue item) throws MalformedException {
        return Cidr.parse(item.asText("prefix"));
    }

    private static List<CborValue> texts(List<?> values) {
        return values.stream().map(value -> CborValue.of(value.toString())).toList();
    }
}
