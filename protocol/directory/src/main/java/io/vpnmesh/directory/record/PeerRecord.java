// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.cbor.CborMap;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a cluster says about one of its nodes.
 *
 * @param identity the SPIFFE id that the node's certificate carries
 * @param homeRelays the relays where the node is attached, at most two; those who send to it send there
 * @param draining the node is going away: existing tunnels stay, new ones are not opened towards it
 * @param relay only of relays
 * @param name of the pod or host, for people; may be empty
 * @param unknown entries that newer software wrote; kept, so that nothing is lost on the way
 */
public record PeerRecord(
        NodeId node,
        long generation,
        NodeRole role,
        List<IpAddress> addresses,
        String identity,
        List<NodeId> homeRelays,
        Set<Capability> capabilities,
        boolean draining,
        Optional<RelayEndpoints> relay,
        String name,
        CborMap unknown) {

    public static final int MAX_HOME_RELAYS = 2;
    private static final int MAX_IDENTITY_CHARACTERS = 512;
    private static final int MAX_NAME_CHARACTERS = 253;

    public PeerRecord {
        addresses = List.copyOf(addresses);
        homeRelays = List.copyOf(homeRelays);
        capabilities = Collections.unmodifiableSortedSet(new TreeSet<>(capabilities));
        if (generation < 0 || generation > NodeIdentity.MAX_GENERATION) {
            throw new IllegalArgumentException("generation " + generation + " is not in 0..2^32-1");
        }
        if (!role.hasAddresses() || addresses.isEmpty() || addresses.size() > NodeIdentity.MAX_ADDRESSES) {
            throw new IllegalArgumentException("a record is of a sidecar or relay with 1 to 8 addresses, not of " + role
                    + " with " + addresses.size());
        }
        if (homeRelays.size() > MAX_HOME_RELAYS) {
            throw new IllegalArgumentException(homeRelays.size() + " home relays, at most two");
        }
        if (relay.isPresent() != (role == NodeRole.RELAY)) {
            throw new IllegalArgumentException("endpoints belong to relays, and every relay has them");
        }
        if (identity.length() > MAX_IDENTITY_CHARACTERS || name.length() > MAX_NAME_CHARACTERS) {
            throw new IllegalArgumentException("identity or name too long");
        }
    }

    /** A sidecar with nothing special. */
    public static PeerRecord sidecar(NodeIdentity identity, String name, List<NodeId> homeRelays) {
        return of(identity, name, homeRelays, Optional.empty());
    }

    public static PeerRecord relay(NodeIdentity identity, String name, RelayEndpoints endpoints) {
        return of(identity, name, List.of(), Optional.of(endpoints));
    }

    private static PeerRecord of(
            NodeIdentity identity, String name, List<NodeId> homeRelays, Optional<RelayEndpoints> endpoints) {
        return new PeerRecord(
                identity.node(),
                identity.generation(),
                identity.role(),
                identity.addresses(),
                identity.uri(),
                homeRelays,
                Set.of(),
                false,
                endpoints,
                name,
                CborMap.EMPTY);
    }

    public PeerRecord withHomeRelays(List<NodeId> relays) {
        return new PeerRecord(
                node, generation, role, addresses, identity, relays, capabilities, draining, relay, name, unknown);
    }

    public PeerRecord withDraining(boolean nowDraining) {
        return new PeerRecord(
                node,
                generation,
                role,
                addresses,
                identity,
                homeRelays,
                capabilities,
                nowDraining,
                relay,
                name,
                unknown);
    }

    /** The namespace in the identity; empty when the identity has another form. */
    public String namespace() {
        int start = identity.indexOf("/ns/");
        int end = identity.indexOf("/sa/", Math.max(start, 0));
        return start < 0 || end < start ? "" : identity.substring(start + "/ns/".length(), end);
    }
}
