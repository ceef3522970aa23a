// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.operator.address.OverlayPlan;
import java.time.Duration;
import java.util.List;

/**
 * What holds for the whole mesh: the founder's choice with defaults filled in; a joining cluster keeps a copy of it.
 * Whatever may differ between clusters is not here.
 *
 * @param certificateLifetimeSeconds of a pod's certificate
 * @param founder cluster id; empty in the founding cluster itself
 * @param relays HOST:PORT of relays' TLS that the join token named; empty in the founding cluster
 */
@RegisterForReflection
@JsonIgnoreProperties(ignoreUnknown = true)
public record MeshTerms(
        String ipv4,
        String ipv6,
        int clusterPrefixLength,
        String suite,
        long certificateLifetimeSeconds,
        List<String> stunServers,
        String founder,
        List<String> relays) {

    public static final Duration DEFAULT_CERTIFICATE_LIFETIME = Duration.ofDays(3);

    private static final ObjectMapper JSON = new ObjectMapper();

    public MeshTerms {
        stunServers = List.copyOf(stunServers);
        relays = List.copyOf(relays);
    }

    /** The founder's spec; IllegalArgumentException says which field is wrong. */
    public static MeshTerms of(VpnMeshSpec spec, MeshId mesh) {
        VpnMeshSpec.Addressing addressing = spec.addressing();
        VpnMeshSpec.Crypto crypto = spec.crypto();
        String ipv4 = addressing == null || addressing.ipv4() == null
                ? OverlayPlan.DEFAULT_IPV4.toString()
                : addressing.ipv4();
        String ipv6 = addressing == null || addressing.ipv6() == null
                ? OverlayPlan.uniqueLocal(mesh).toString()
                : addressing.ipv6();
        int wanted = addressing == null || addressing.clusterPrefixLength() == null
                ? Math.max(
                        OverlayPlan.DEFAULT_CLUSTER_PREFIX_LENGTH,
                        Cidr.parse(ipv4).length())
                : addressing.clusterPrefixLength();
        String suite = crypto != null && crypto.suite() == VpnMeshSpec.Suite.FIPS
                ? SuiteName.FIPS.text()
                : SuiteName.DEFAULT.text();
        Duration lifetime = crypto == null || crypto.certificateLifetime() == null
                ? DEFAULT_CERTIFICATE_LIFETIME
                : Durations.parse(crypto.certificateLifetime());
        MeshTerms terms =
                new MeshTerms(ipv4, ipv6, wanted, suite, lifetime.toSeconds(), spec.stunServers(), "", List.of());
        terms.plan();
        return terms;
    }

    public OverlayPlan plan() {
        return new OverlayPlan(Cidr.parse(ipv4), Cidr.parse(ipv6), clusterPrefixLength);
    }

    public SuiteName suiteName() {
        return SuiteName.parse(suite);
    }

    public Duration certificateLifetime() {
        return Duration.ofSeconds(certificateLifetimeSeconds);
    }

    public String toJson() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of texts and numbers has a JSON form", e);
        }
    }

    /** Errors: IllegalArgumentException for anything but the result of {@link #toJson}. */
    public static MeshTerms fromJson(String json) {
        try {
            MeshTerms terms = JSON.readValue(json, MeshTerms.class);
            terms.plan();
            terms.suiteName();
            return terms;
        } catch (JsonProcessingException | NullPointerException e) {
            throw new IllegalArgumentException("not the terms of a mesh: " + e.getMessage(), e);
        }
    }
}
