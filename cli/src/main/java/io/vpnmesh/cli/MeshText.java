// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesList;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshStatus;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The facts of a mesh in the order in which a person asks for them. */
final class MeshText {

    private MeshText() {}

    static VpnMeshStatus status(VpnMesh mesh) {
        return mesh.getStatus() == null ? VpnMeshStatus.empty() : mesh.getStatus();
    }

    /** A List as kubectl prints it. */
    static KubernetesList listOf(List<? extends HasMetadata> objects) {
        KubernetesList list = new KubernetesList();
        list.setItems(List.copyOf(objects));
        return list;
    }

    static Map<String, String> lines(VpnMeshStatus status) {
        Map<String, String> lines = new LinkedHashMap<>();
        put(lines, "mesh id", status.meshId());
        put(lines, "cluster id", status.clusterId());
        VpnMeshStatus.Effective effective = status.effective();
        if (effective != null) {
            put(lines, "range", join(effective.ipv4(), effective.ipv6()));
            put(lines, "suite", effective.suite());
            put(lines, "inbound", effective.inbound());
        }
        put(lines, "prefixes", String.join(" ", status.prefixes()));
        put(lines, "relays", status.relaysReady());
        for (VpnMeshStatus.RelayStatus relay : status.relays()) {
            put(lines, "  " + relay.name(), "udp " + relay.udp() + " tls " + relay.tls());
        }
        put(lines, "clusters", status.clusters());
        put(lines, "peers", status.peers());
        put(lines, "direct", status.directPercent() == null ? null : status.directPercent() + " %");
        VpnMeshStatus.Keys keys = status.keys();
        if (keys != null) {
            put(lines, "root", join(keys.rootFingerprint(), until(keys.rootNotAfter())));
            put(lines, "own CA", until(keys.intermediateNotAfter()));
            put(lines, "first leaf", until(keys.leafNotAfter()));
        }
        return lines;
    }

    private static @Nullable String until(@Nullable String time) {
        return time == null ? null : "until " + time;
    }

    private static String join(@Nullable String first, @Nullable String second) {
        return ((first == null ? "" : first) + " " + (second == null ? "" : second)).strip();
    }

    private static void put(Map<String, String> lines, String name, @Nullable Object value) {
        if (value != null && !value.toString().isEmpty()) {
            lines.put(name, value.toString());
        }
    }
}
