// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.ServicePortBuilder;
import io.vpnmesh.crds.RelayExpose;
import io.vpnmesh.crds.VpnMesh;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The Services of relays: a headless one that governs the StatefulSet, and one per replica, because clients hold a lease
 * at one relay and must come back to it: each has an address of its own.
 */
final class RelayServices {

    /** Set by the StatefulSet controller on each pod. */
    private static final String POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";

    private RelayServices() {}

    static Service governing(VpnMesh mesh, ObjectMeta metadata) {
        return new ServiceBuilder()
                .withMetadata(metadata)
                .withNewSpec()
                .withClusterIP("None")
                .withPublishNotReadyAddresses(true)
                .withSelector(RelayModel.selector(mesh))
                .withPorts(ports(mesh, null))
                .endSpec()
                .build();
    }

    static Service replica(VpnMesh mesh, int ordinal, ObjectMeta metadata) {
        RelayExpose.Type type = MeshDefaults.exposeType(mesh);
        Map<String, String> selector = new TreeMap<>(RelayModel.selector(mesh));
        selector.put(POD_NAME_LABEL, metadata.getName());
        ServiceBuilder service = new ServiceBuilder()
                .withMetadata(metadata)
                .withNewSpec()
                .withType(serviceType(type))
                // One pod stands behind it: when that is not ready, there is nobody better to send to, and a probe that
                // fails once must not cut the traffic of everybody who holds a lease.
                .withPublishNotReadyAddresses(true)
                .withSelector(selector)
                .withPorts(ports(mesh, type == RelayExpose.Type.NODE_PORT ? ordinal : null))
                .endSpec();
        if (type == RelayExpose.Type.LOAD_BALANCER || type == RelayExpose.Type.NODE_PORT) {
            // The relay must see its clients' real addresses: it is their STUN server.
            service.editSpec().withExternalTrafficPolicy("Local").endSpec();
        }
        RelayExpose expose = MeshDefaults.relay(mesh).expose();
        if (expose != null && expose.loadBalancer() != null) {
            service.editSpec()
                    .withLoadBalancerClass(expose.loadBalancer().loadBalancerClass())
                    .endSpec();
        }
        return service.build();
    }

    static Map<String, String> annotations(VpnMesh mesh) {
        RelayExpose expose = MeshDefaults.relay(mesh).expose();
        return expose == null || expose.loadBalancer() == null
                ? Map.of()
                : expose.loadBalancer().annotations();
    }

    private static String serviceType(RelayExpose.Type type) {
        return switch (type) {
            case LOAD_BALANCER -> "LoadBalancer";
            case NODE_PORT -> "NodePort";
            case HOST_PORT, CLUSTER_IP -> "ClusterIP";
        };
    }

    /** @param nodePortOrdinal replica whose node ports are wanted; null for none */
    private static List<ServicePort> ports(VpnMesh mesh, @Nullable Integer nodePortOrdinal) {
        RelayExpose expose = MeshDefaults.relay(mesh).expose();
        RelayExpose.NodePort first = expose == null || nodePortOrdinal == null ? null : expose.nodePort();
        return List.of(
                port(
                        "udp",
                        MeshDefaults.relayPort(mesh),
                        "UDP",
                        plus(first == null ? null : first.udpPort(), nodePortOrdinal)),
                port(
                        "tls",
                        MeshDefaults.relayTlsPort(mesh),
                        "TCP",
                        plus(first == null ? null : first.tlsPort(), nodePortOrdinal)));
    }

    private static @Nullable Integer plus(@Nullable Integer first, @Nullable Integer ordinal) {
        return first == null || ordinal == null ? null : Integer.valueOf(first + ordinal);
    }

    private static ServicePort port(String name, int port, String protocol, @Nullable Integer nodePort) {
        return new ServicePortBuilder()
                .withName(name)
                .withPort(port)
                .withProtocol(protocol)
                .withNewTargetPort(name)
                .withNodePort(nodePort)
                .build();
    }
}
