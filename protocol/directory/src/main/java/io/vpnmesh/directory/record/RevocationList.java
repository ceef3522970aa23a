// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;

/**
 * All that a cluster has revoked for compromise; each list is complete.
 *
 * @param number grows with each list
 * @param nextUpdate when a newer list will be there at the latest
 * @param nodes refused with this generation and below
 * @param serials of certificates
 */
public record RevocationList(
        ClusterId cluster,
        long number,
        Instant time,
        Instant nextUpdate,
        List<RevokedNode> nodes,
        List<BigInteger> serials) {

    public RevocationList {
        nodes = List.copyOf(nodes);
        serials = List.copyOf(serials);
    }

    /** A node whose certificates up to this generation are refused. */
    public record RevokedNode(NodeId node, long generation) {}

    public boolean covers(NodeId node, long generation) {
        return nodes.stream().anyMatch(item -> item.node().equals(node) && generation <= item.generation());
    }

    public boolean covers(BigInteger serial) {
        return serials.contains(serial);
    }
}
