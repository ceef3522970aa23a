// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.status;

import static io.vpnmesh.crds.Conditions.AVAILABLE;
import static io.vpnmesh.crds.Conditions.DIRECTORY_CONNECTED;
import static io.vpnmesh.crds.Conditions.KEYS_VALID;
import static io.vpnmesh.crds.Conditions.OUTSIDE_OBSERVER;
import static io.vpnmesh.crds.Conditions.READY;
import static io.vpnmesh.crds.Conditions.RELAYS_READY;
import static io.vpnmesh.crds.Conditions.RESTART_REQUIRED;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.crds.RelayExpose;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshStatus;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerStatus;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A mesh's status as a pure function of what was observed. */
public final class MeshStatusModel {

    /** Reported by sidecars that no STUN server or relay outside their own cluster can see. */
    static final String NO_OUTSIDE_OBSERVER = "NoOutsideObserver";

    private MeshStatusModel() {}

    /**
     * Everything that status is made of.
     *
     * @param nodeIds relay pod uid to node id
     * @param sidecarImages image of each joined pod's sidecar
     * @param currentImage the image that is injected
     * @param applyError what the API server said against our objects; null if nothing
     */
    public record Observation(
            VpnMesh mesh,
            KeyState keys,
            List<RelayPod> relays,
            Map<String, String> nodeIds,
            MeshDirectoryState.Facts directory,
            List<VpnPeer> peers,
            List<String> sidecarImages,
            String currentImage,
            @Nullable String applyError) {}

    public static VpnMeshStatus status(Observation seen, Instant now) {
        VpnMesh mesh = seen.mesh();
        VpnMeshStatus old = mesh.getStatus() == null ? VpnMeshStatus.empty() : mesh.getStatus();
        long generation =
                Optional.ofNullable(mesh.getMetadata().getGeneration()).orElse(0L);
        ConditionSet conditions = conditions(seen, new ConditionSet(old.conditions(), generation, now));
        KeyState.Valid keys = seen.keys() instanceof KeyState.Valid valid ? valid : null;
        return new VpnMeshStatus(
                generation,
                keys == null ? old.meshId() : keys.meshId(),
                keys == null ? old.clusterId() : keys.clusterId(),
                keys == null ? old.effective() : effective(mesh, keys),
                keys == null ? old.prefixes() : keys.prefixes(),
                seen.relays().stream()
                        .map(relay -> relay(relay, seen.nodeIds()))
                        .toList(),
                ready(seen) + "/" + MeshDefaults.relayReplicas(mesh),
                seen.directory().clusters(),
                seen.peers().size(),
                directPercent(seen.peers()),
                versions(seen.sidecarImages()),
                keys == null ? old.keys() : keys(keys, seen.peers()),
                conditions.toList());
    }

    private static ConditionSet conditions(Observation seen, ConditionSet conditions) {
        switch (seen.keys()) {
            case KeyState.Valid _ -> conditions.set(KEYS_VALID, true, "Valid", "the mesh's keys are in their Secrets");
            case KeyState.Missing missing -> conditions.set(KEYS_VALID, false, missing.reason(), missing.message());
        }
        relays(seen, conditions);
        conditions.set(
                DIRECTORY_CONNECTED,
                seen.directory().connected(),
                seen.directory().reason(),
                seen.directory().message());
        restart(seen, conditions);
        observer(seen, conditions);
        available(seen, conditions);
        List<String> needed = List.of(KEYS_VALID, RELAYS_READY, DIRECTORY_CONNECTED);
        Optional<String> failing =
                needed.stream().filter(type -> !conditions.holds(type)).findFirst();
        if (seen.applyError() != null) {
            conditions.set(READY, false, "ApplyFailed", seen.applyError());
        } else if (failing.isPresent()) {
            var cause = conditions.get(failing.get());
            conditions.set(READY, false, cause.getReason(), cause.getMessage());
        } else {
            conditions.set(READY, true, "Ready", "pods can join");
        }
        return conditions;
    }

    private static void relays(Observation seen, ConditionSet conditions) {
        int wanted = MeshDefaults.relayReplicas(seen.mesh());
        long ready = ready(seen);
        long reachable = seen.relays().stream()
                .filter(relay -> relay.ready() && !relay.udp().isEmpty())
                .count();
        boolean outside = MeshDefaults.exposeType(seen.mesh()) != RelayExpose.Type.CLUSTER_IP;
        if (wanted == 0) {
            conditions.set(RELAYS_READY, true, "NoneWanted", "this cluster uses the relays of others");
        } else if (ready < wanted) {
            conditions.set(
                    RELAYS_READY,
                    false,
                    ready == 0 ? "NoneReady" : "SomeReady",
                    ready + " of " + wanted + " relay pods are ready: kubectl describe pod -l vpnmesh.io/relay="
                            + seen.mesh().getMetadata().getName() + " -n "
                            + seen.mesh().getMetadata().getNamespace());
        } else if (outside && reachable < wanted) {
            conditions.set(
                    RELAYS_READY,
                    false,
                    "WaitingForAddress",
                    (wanted - reachable) + " of " + wanted
                            + " relay Services have no IP address from outside yet: give the"
                            + " cluster a load balancer, or choose another spec.relay.expose.type");
        } else {
            conditions.set(RELAYS_READY, true, "AllReady", ready + " of " + wanted + " relays are ready");
        }
    }

    private static void available(Observation seen, ConditionSet conditions) {
        if (!conditions.holds(KEYS_VALID)) {
            var cause = conditions.get(KEYS_VALID);
            conditions.set(AVAILABLE, false, cause.getReason(), cause.getMessage());
            return;
        }
        boolean someRelay = ready(seen) > 0
                || MeshDefaults.relayReplicas(seen.mesh()) == 0
                || !MeshDefaults.relay(seen.mesh()).external().isEmpty();
        conditions.set(
                AVAILABLE,
                someRelay,
                someRelay ? "Available" : "NoRelay",
                someRelay ? "pods can join" : "pods can join as soon as one relay is ready");
    }

    private static void restart(Observation seen, ConditionSet conditions) {
        long outdated = seen.sidecarImages().stream()
                .filter(image -> !image.equals(seen.currentImage()))
                .count();
        conditions.set(
                RESTART_REQUIRED,
                outdated > 0,
                outdated > 0 ? "SidecarOutdated" : "UpToDate",
                outdated > 0
                        ? outdated + " pods run another sidecar than " + seen.currentImage()
                                + ": restart their workloads when it suits you (kubectl rollout restart)"
                        : "every pod runs the current sidecar");
    }

    private static void observer(Observation seen, ConditionSet conditions) {
        boolean blind = statuses(seen.peers()).anyMatch(peer -> NO_OUTSIDE_OBSERVER.equals(peer.relayedReason()));
        conditions.set(
                OUTSIDE_OBSERVER,
                !blind,
                blind ? NO_OUTSIDE_OBSERVER : "Seen",
                blind
                        ? "pods cannot learn their public address and stay relayed: set spec.stunServers, or run a relay"
                                + " in a second cluster"
                        : "no pod lacks an observer outside its cluster");
    }

    private static long ready(Observation seen) {
        return seen.relays().stream().filter(RelayPod::ready).count();
    }

    private static VpnMeshStatus.Effective effective(VpnMesh mesh, KeyState.Valid keys) {
        String inbound = switch (MeshDefaults.inbound(mesh)) {
            case DECLARED_PORTS -> "DeclaredPorts";
            case ALL -> "All";
            case NONE -> "None";
        };
        return new VpnMeshStatus.Effective(
                keys.ipv4(),
                keys.ipv6(),
                keys.clusterPrefixLength(),
                keys.suite(),
                inbound,
                keys.certificateLifetime());
    }

    private static VpnMeshStatus.RelayStatus relay(RelayPod relay, Map<String, String> nodeIds) {
        return new VpnMeshStatus.RelayStatus(
                relay.podName(),
                nodeIds.get(relay.podUid()),
                relay.udp().stream().map(Endpoint::toString).toList(),
                relay.tls().stream().map(Endpoint::toString).toList(),
                relay.ready());
    }

    private static @Nullable Integer directPercent(List<VpnPeer> peers) {
        int direct = statuses(peers).mapToInt(peer -> zero(peer.direct())).sum();
        int relayed = statuses(peers).mapToInt(peer -> zero(peer.relayed())).sum();
        return direct + relayed == 0 ? null : Integer.valueOf(100 * direct / (direct + relayed));
    }

    private static List<VpnMeshStatus.SidecarVersion> versions(List<String> images) {
        Map<String, Integer> counts = new TreeMap<>();
        images.forEach(image -> counts.merge(image, 1, Integer::sum));
        return counts.entrySet().stream()
                .map(entry -> new VpnMeshStatus.SidecarVersion(entry.getKey(), entry.getValue()))
                .toList();
    }

    private static VpnMeshStatus.Keys keys(KeyState.Valid keys, List<VpnPeer> peers) {
        String leaf = statuses(peers)
                .map(VpnPeerStatus::certificateNotAfter)
                .filter(Objects::nonNull)
                .min(String::compareTo) // RFC 3339 in UTC sorts as text
                .orElse(null);
        return new VpnMeshStatus.Keys(keys.rootFingerprint(), keys.rootNotAfter(), keys.intermediateNotAfter(), leaf);
    }

    private static Stream<VpnPeerStatus> statuses(List<VpnPeer> peers) {
        return peers.stream().map(VpnPeer::getStatus).filter(Objects::nonNull);
    }

    private static int zero(@Nullable Integer count) {
        return count == null ? 0 : count;
    }
}
