// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.operator.address.Allocations;
import io.vpnmesh.operator.address.Holder;
import io.vpnmesh.operator.ca.MemorySecrets;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.Meshes;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LocalRecordsTest {

    private static final Endpoint OUTSIDE = Endpoint.parse("192.0.2.1:4500");
    private static final Endpoint INSIDE = Endpoint.parse("10.96.0.9:4500");

    private final MeshKeys keys = Meshes.keys(Meshes.founding("blue"), new MemorySecrets());
    private final NodeId relay = keys.nodeOf("relay");

    @Test
    void enrolledPodThatRunsIsListedWithItsHomeRelays() {
        LocalRecords records = of(List.of(held("a", 2, false)), Map.of("a", pod("a").build()));

        PeerRecord record = records.outside().getFirst();
        assertThat(records.inside()).containsExactly(record);
        assertThat(record.generation()).isEqualTo(2);
        assertThat(record.identity()).endsWith("/ns/shop/sa/web");
        assertThat(record.homeRelays()).containsExactly(relay);
        assertThat(record.draining()).isFalse();
        assertThat(record.name()).isEqualTo("pod-a");
    }

    @Test
    void whoHasNotEnrolledOrIsGoneOrHasFinishedIsNotListed() {
        Pod finished =
                pod("done").withNewStatus().withPhase("Succeeded").endStatus().build();

        LocalRecords records = of(
                List.of(held("new", 0, false), held("gone", 1, false), held("done", 1, false), held("left", 1, true)),
                Map.of(
                        "new",
                        pod("new").build(),
                        "done",
                        finished,
                        "left",
                        pod("left").build()));

        assertThat(records.inside()).isEmpty();
        assertThat(records.outside()).isEmpty();
    }

    @Test
    void podThatIsBeingDeletedDrains() {
        Pod deleted = pod("a").editMetadata()
                .withDeletionTimestamp("2026-03-01T00:00:00Z")
                .endMetadata()
                .build();

        assertThat(of(List.of(held("a", 1, false)), Map.of("a", deleted))
                        .outside()
                        .getFirst()
                        .draining())
                .isTrue();
    }

    @Test
    void relayIsReachedAtItsServiceInsideAndAtItsAddressOutside() {
        Pod relayPod = relayPod();

        LocalRecords records = LocalRecords.of(
                keys,
                List.of(held("relay", 1, false)),
                Map.of("relay", relayPod),
                Map.of(
                        "relay",
                        new RelayPod(
                                "blue-relay-0",
                                "relay",
                                true,
                                List.of(OUTSIDE),
                                List.of(),
                                List.of(INSIDE),
                                List.of())),
                _ -> List.of());

        PeerRecord inside = records.inside().getFirst();
        assertThat(inside.role()).isEqualTo(NodeRole.RELAY);
        assertThat(inside.relay().orElseThrow().udp()).containsExactly(INSIDE, OUTSIDE);
        assertThat(records.outside().getFirst().relay().orElseThrow().udp()).containsExactly(OUTSIDE);
    }

    @Test
    void relayThatIsListedNoMoreIsStillARelay() {
        LocalRecords records = LocalRecords.of(
                keys, List.of(held("relay", 1, false)), Map.of("relay", relayPod()), Map.of(), _ -> List.of());

        assertThat(records.outside().getFirst().role()).isEqualTo(NodeRole.RELAY);
    }

    private LocalRecords of(List<Allocations.Held> held, Map<String, Pod> pods) {
        return LocalRecords.of(keys, held, pods, Map.of(), _ -> List.of(relay));
    }

    private Allocations.Held held(String uid, long generation, boolean quarantined) {
        return new Allocations.Held(
                new Holder(uid, "shop", "pod-" + uid),
                keys.nodeOf(uid).toString(),
                generation,
                "hash",
                quarantined,
                List.of(IpAddress.parse("198.18.0.5")));
    }

    private static PodBuilder pod(String uid) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("pod-" + uid)
                .withNamespace("shop")
                .withUid(uid)
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("web")
                .endSpec();
    }

    private static Pod relayPod() {
        return new PodBuilder()
                .withNewMetadata()
                .withName("blue-relay-0")
                .withNamespace("net")
                .withUid("relay")
                .addToLabels(Marks.RELAY, "blue")
                .addNewOwnerReference()
                .withKind("StatefulSet")
                .withName("blue-relay")
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("blue-relay")
                .endSpec()
                .build();
    }
}
