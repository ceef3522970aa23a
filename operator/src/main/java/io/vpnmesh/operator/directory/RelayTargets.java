// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RelayEndpoints;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which relays an operator keeps a connection to. Pure. */
final class RelayTargets {

    /** Two would do; more make it likelier that two operators meet at the same relay. */
    private static final int MAX = 16;

    private RelayTargets() {}

    /**
     * Chooses the relays.
     *
     * @param own this cluster's relays, reached at their Service
     * @param remote records of other clusters
     * @param known HOST:PORT that a person or a join token named
     * @return addresses of each relay, by a name that stays the same as long as it is the same relay
     */
    static Map<String, List<HostPort>> of(
            Collection<RelayPod> own, Collection<PeerRecord> remote, Collection<String> known) {
        Map<String, List<HostPort>> targets = new LinkedHashMap<>();
        for (RelayPod relay : own) {
            add(targets, relay.podName(), hosts(relay.clusterTls().isEmpty() ? relay.tls() : relay.clusterTls()));
        }
        for (PeerRecord record : remote) {
            if (record.role() == NodeRole.RELAY) {
                add(
                        targets,
                        record.node().toString(),
                        hosts(record.relay().map(RelayEndpoints::tls).orElse(List.of())));
            }
        }
        for (String address : known) {
            HostPort host = HostPort.parse(address);
            boolean covered = targets.values().stream().anyMatch(addresses -> addresses.contains(host));
            if (!covered) {
                add(targets, address, List.of(host));
            }
        }
        return targets;
    }

    private static void add(Map<String, List<HostPort>> targets, String name, List<HostPort> addresses) {
        if (!addresses.isEmpty() && targets.size() < MAX) {
            targets.put(name, addresses);
        }
    }

    private static List<HostPort> hosts(List<Endpoint> endpoints) {
        return endpoints.stream()
                .map(endpoint -> new HostPort(endpoint.address().toString(), endpoint.port()))
                .toList();
    }
}
