// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshStatus;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerStatus;
import io.vpnmesh.operator.lab.Fixtures;
import io.vpnmesh.operator.lab.Golden;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import io.vpnmesh.operator.status.MeshStatusModel.Observation;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MeshStatusModelTest {

    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
    private static final KeyState KEYS = new KeyState.Valid(
            "mesh-id",
            "cluster-id",
            true,
            List.of("198.18.0.0/20"),
            "abcd",
            "2036-01-01T00:00:00Z",
            "2031-01-01T00:00:00Z",
            "198.18.0.0/16",
            "fd00::/48",
            20,
            "default",
            "72h");
    private static final MeshDirectoryState.Facts CONNECTED =
            new MeshDirectoryState.Facts(true, "Connected", "1 of 1 relays", 2);
    private static final RelayPod RELAY = new RelayPod(
            "blue-relay-0",
            "u0",
            true,
            List.of(Endpoint.parse("203.0.113.5:4500")),
            List.of(Endpoint.parse("203.0.113.5:443")),
            List.of(),
            List.of());

    private final VpnMesh mesh = Fixtures.mesh("shop", "blue");

    @Test
    void healthyMesh() {
        VpnMeshStatus status = status(KEYS, List.of(RELAY), List.of(peer(3, 1, null)), null);

        Golden.matches("status-healthy.yaml", Golden.yaml(status));
    }

    @Test
    void missingRootIsTheReasonOfEverything() {
        KeyState missing = new KeyState.Missing("RootMissing", "restore it");

        VpnMeshStatus status = status(missing, List.of(), List.of(), null);

        assertThat(condition(status, "Ready").getReason()).isEqualTo("RootMissing");
        assertThat(condition(status, "Available").getStatus()).isEqualTo("False");
    }

    @Test
    void relayWithoutAddressWaitsForOne() {
        RelayPod inside = new RelayPod("blue-relay-0", "u0", true, List.of(), List.of(), List.of(), List.of());

        VpnMeshStatus status = status(KEYS, List.of(inside), List.of(), null);

        assertThat(condition(status, "RelaysReady").getReason()).isEqualTo("WaitingForAddress");
        assertThat(condition(status, "Available").getStatus()).isEqualTo("True");
    }

    @Test
    void podsWithoutAnObserverShowOnTheMeshWithTheFix() {
        VpnMeshStatus status = status(KEYS, List.of(RELAY), List.of(peer(0, 2, "NoOutsideObserver")), null);

        assertThat(condition(status, "OutsideObserver").getReason()).isEqualTo("NoOutsideObserver");
        assertThat(condition(status, "OutsideObserver").getMessage()).contains("spec.stunServers");
        assertThat(condition(status, "Ready").getStatus()).isEqualTo("True");
    }

    @Test
    void refusalOfTheApiServerIsShown() {
        VpnMeshStatus status = status(KEYS, List.of(RELAY), List.of(), "quota exceeded");

        assertThat(condition(status, "Ready").getReason()).isEqualTo("ApplyFailed");
        assertThat(condition(status, "Ready").getMessage()).isEqualTo("quota exceeded");
    }

    @Test
    void outdatedSidecarsAreCounted() {
        VpnMeshStatus status = MeshStatusModel.status(
                new Observation(
                        mesh,
                        KEYS,
                        List.of(RELAY),
                        Map.of(),
                        CONNECTED,
                        List.of(),
                        List.of("old:1", "new:2"),
                        "new:2",
                        null),
                NOW);

        assertThat(condition(status, "RestartRequired").getStatus()).isEqualTo("True");
        assertThat(condition(status, "RestartRequired").getMessage()).startsWith("1 pods");
    }

    @Test
    void conditionThatStaysKeepsItsTime() {
        mesh.setStatus(status(KEYS, List.of(RELAY), List.of(), null));

        VpnMeshStatus later = MeshStatusModel.status(
                new Observation(mesh, KEYS, List.of(), Map.of(), CONNECTED, List.of(), List.of(), "", null),
                NOW.plusSeconds(60));

        assertThat(condition(later, "KeysValid").getLastTransitionTime()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(condition(later, "RelaysReady").getLastTransitionTime()).isEqualTo("2026-01-02T03:05:05Z");
    }

    private VpnMeshStatus status(KeyState keys, List<RelayPod> relays, List<VpnPeer> peers, @Nullable String error) {
        return MeshStatusModel.status(
                new Observation(
                        mesh, keys, relays, Map.of("u0", "node"), CONNECTED, peers, List.of("s:1"), "s:1", error),
                NOW);
    }

    private static VpnPeer peer(int direct, int relayed, @Nullable String reason) {
        VpnPeer peer = new VpnPeer();
        peer.setStatus(new VpnPeerStatus(
                null,
                "n",
                List.of(),
                null,
                1L,
                "2026-01-05T00:00:00Z",
                "Open",
                List.of("r"),
                direct,
                relayed,
                reason,
                List.of()));
        return peer;
    }

    private static Condition condition(VpnMeshStatus status, String type) {
        return status.conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseThrow();
    }
}
