// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import java.security.PrivateKey;
import java.util.List;

/**
 * Who we are towards peers.
 *
 * @param key Ed25519, or P-256
 * @param leafDer our certificate
 * @param foreignChainDer the intermediates that peers other than our own need to see; our own have them by the feed
 * @param addresses our overlay addresses: what a peer may select on our side
 */
public record LocalIdentity(
        NodeId node, PrivateKey key, byte[] leafDer, List<byte[]> foreignChainDer, List<Cidr> addresses) {

    public LocalIdentity {
        foreignChainDer = List.copyOf(foreignChainDer);
        addresses = List.copyOf(addresses);
    }

    @Override
    public String toString() {
        return "LocalIdentity[" + node + "]"; // never the key
    }
}
