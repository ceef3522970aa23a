// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names that one cluster may give out: {@code <cluster id>.<mesh id>.vpnmesh.internal} is the suffix of its DNS
 * names and the host of its URIs. The trust domain is per cluster, because a name constraint on URIs binds the host
 * only (RFC 5280 section 4.2.1.10).
 */
public record ClusterDomain(MeshId mesh, ClusterId cluster) {

    public static final String ROOT = "vpnmesh.internal";

    private static final Pattern SUFFIX = Pattern.compile("([a-z2-7]{26})\\.([a-z2-7]{26})\\.vpnmesh\\.internal");

    /** DNS suffix and URI host. */
    public String suffix() {
        return cluster + "." + mesh + "." + ROOT;
    }

    /** The DNS name of a node. */
    public String dnsName(NodeId node) {
        return node + "." + suffix();
    }

    /** The SPIFFE id of a service account. */
    public String uri(String namespace, String serviceAccount) {
        return "spiffe://" + suffix() + "/ns/" + namespace + "/sa/" + serviceAccount;
    }

    /** Errors: IllegalArgumentException unless {@code <cluster id>.<mesh id>.vpnmesh.internal} in lower case. */
    public static ClusterDomain parse(String suffix) {
        Matcher matcher = SUFFIX.matcher(suffix);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not <cluster id>.<mesh id>." + ROOT + ": " + suffix);
        }
        return new ClusterDomain(MeshId.parse(matcher.group(2)), ClusterId.parse(matcher.group(1)));
    }
}
