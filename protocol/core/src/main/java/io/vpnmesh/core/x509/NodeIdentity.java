// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.IpAddress;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Who a certificate says its holder is. Two certificates of one node differ in the generation; the higher one wins.
 *
 * @param generation 0 to 2^32-1, raised whenever the node enrols with a new key
 * @param namespace a DNS label (RFC 1123)
 * @param serviceAccount a DNS subdomain (RFC 1123)
 * @param addresses overlay addresses; empty only for roles that own none
 */
public record NodeIdentity(
        MeshId mesh,
        ClusterId cluster,
        NodeId node,
        long generation,
        NodeRole role,
        String namespace,
        String serviceAccount,
        List<IpAddress> addresses) {

    public static final long MAX_GENERATION = 0xFFFF_FFFFL;
    /** A node has one address per family today; room for a few keeps a leaf below one IKE fragment. */
    public static final int MAX_ADDRESSES = 8;

    private static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final int MAX_SUBDOMAIN_LENGTH = 253;

    public NodeIdentity {
        addresses = List.copyOf(addresses);
        if (generation < 0 || generation > MAX_GENERATION) {
            throw new IllegalArgumentException("generation " + generation + " is not in 0..2^32-1");
        }
        if (!LABEL.matcher(namespace).matches()) {
            throw new IllegalArgumentException("namespace is not a DNS label: " + namespace);
        }
        if (!isSubdomain(serviceAccount)) {
            throw new IllegalArgumentException("service account is not a DNS subdomain: " + serviceAccount);
        }
        if (role.hasAddresses() == addresses.isEmpty()) {
            throw new IllegalArgumentException(
                    role + (addresses.isEmpty() ? " needs an overlay address" : " owns no overlay address"));
        }
        if (addresses.size() > MAX_ADDRESSES || new HashSet<>(addresses).size() != addresses.size()) {
            throw new IllegalArgumentException("at most " + MAX_ADDRESSES + " different addresses: " + addresses);
        }
    }

    public ClusterDomain domain() {
        return new ClusterDomain(mesh, cluster);
    }

    public String dnsName() {
        return domain().dnsName(node);
    }

    /** The SPIFFE id. */
    public String uri() {
        return domain().uri(namespace, serviceAccount);
    }

    private static boolean isSubdomain(String text) {
        if (text.length() > MAX_SUBDOMAIN_LENGTH) {
            return false;
        }
        for (String label : text.split("\\.", -1)) {
            if (!LABEL.matcher(label).matches()) {
                return false;
            }
        }
        return true;
    }
}
