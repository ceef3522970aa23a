// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import io.vpnmesh.crds.RelayExpose;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.crds.VpnMeshStatus;
import java.util.List;
import java.util.Locale;

/** What holds where a VpnMesh says nothing about this cluster; mesh-wide values come with the keys. */
public final class MeshDefaults {

    public static final int RELAY_PORT = 4500;
    public static final int RELAY_TLS_PORT = 443;

    private MeshDefaults() {}

    public static VpnMeshSpec spec(VpnMesh mesh) {
        return mesh.getSpec() == null ? VpnMeshSpec.empty() : mesh.getSpec();
    }

    public static VpnMeshSpec.Relay relay(VpnMesh mesh) {
        VpnMeshSpec.Relay relay = spec(mesh).relay();
        return relay == null ? new VpnMeshSpec.Relay(null, null, null, null, null, List.of()) : relay;
    }

    /** One relay in the founding cluster, none in one that joins. */
    public static int relayReplicas(VpnMesh mesh) {
        Integer replicas = relay(mesh).replicas();
        if (replicas != null) {
            return replicas;
        }
        return spec(mesh).join() == null ? 1 : 0;
    }

    public static int relayPort(VpnMesh mesh) {
        Integer port = relay(mesh).port();
        return port == null ? RELAY_PORT : port;
    }

    public static int relayTlsPort(VpnMesh mesh) {
        Integer port = relay(mesh).tlsPort();
        return port == null ? RELAY_TLS_PORT : port;
    }

    public static RelayExpose.Type exposeType(VpnMesh mesh) {
        RelayExpose expose = relay(mesh).expose();
        return expose == null || expose.type() == null ? RelayExpose.Type.LOAD_BALANCER : expose.type();
    }

    public static VpnMeshSpec.Inbound inbound(VpnMesh mesh) {
        VpnMeshSpec.Inbound inbound = spec(mesh).inbound();
        return inbound == null ? VpnMeshSpec.Inbound.DECLARED_PORTS : inbound;
    }

    public static String logLevel(VpnMesh mesh) {
        VpnMeshSpec.Sidecar sidecar = spec(mesh).sidecar();
        return sidecar == null || sidecar.logLevel() == null
                ? "info"
                : sidecar.logLevel().name().toLowerCase(Locale.ROOT);
    }

    /** The suite in force: the founder's in a cluster that joined, else what the spec says; {@code default} or {@code fips}. */
    public static String suite(VpnMesh mesh) {
        VpnMeshStatus status = mesh.getStatus();
        if (status != null && status.effective() != null && status.effective().suite() != null) {
            return status.effective().suite();
        }
        VpnMeshSpec.Crypto crypto = spec(mesh).crypto();
        return crypto != null && crypto.suite() == VpnMeshSpec.Suite.FIPS ? "fips" : "default";
    }
}
