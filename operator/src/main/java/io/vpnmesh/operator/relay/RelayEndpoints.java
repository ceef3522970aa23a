// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.relay;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.crds.RelayExpose;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.MeshDefaults;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Endpoints of this cluster's relays from the caches: pods for who, Services for where. */
@ApplicationScoped
public class RelayEndpoints implements RelayEndpointsSource {

    private static final String UDP = "udp";
    private static final String TLS = "tls";

    private final MeshCaches caches;

    public RelayEndpoints(MeshCaches caches) {
        this.caches = caches;
    }

    @Override
    public List<RelayPod> relays(MeshRef mesh) {
        Optional<VpnMesh> found = caches.mesh(mesh);
        return found.isEmpty() ? List.of() : relays(found.get(), caches.relayPods(), caches.relayServices());
    }

    /** The same from given objects; pods of other meshes are skipped. */
    static List<RelayPod> relays(VpnMesh mesh, List<Pod> pods, List<Service> services) {
        MeshRef ref = MeshRef.of(mesh);
        return pods.stream()
                .filter(pod -> RelayNames.meshOf(pod).filter(ref::equals).isPresent())
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .sorted(Comparator.comparing(
                                (Pod pod) -> pod.getMetadata().getName().length())
                        .thenComparing(pod -> pod.getMetadata().getName()))
                .map(pod -> relay(mesh, pod, serviceOf(pod, services)))
                .toList();
    }

    private static RelayPod relay(VpnMesh mesh, Pod pod, @Nullable Service service) {
        return new RelayPod(
                pod.getMetadata().getName(),
                pod.getMetadata().getUid(),
                ready(pod),
                outside(mesh, pod, service, UDP),
                outside(mesh, pod, service, TLS),
                inside(service, UDP),
                inside(service, TLS));
    }

    private static @Nullable Service serviceOf(Pod pod, List<Service> services) {
        return services.stream()
                .filter(service -> service.getMetadata()
                                .getNamespace()
                                .equals(pod.getMetadata().getNamespace())
                        && service.getMetadata()
                                .getName()
                                .equals(pod.getMetadata().getName()))
                .findFirst()
                .orElse(null);
    }

    private static List<Endpoint> outside(VpnMesh mesh, Pod pod, @Nullable Service service, String port) {
        return switch (MeshDefaults.exposeType(mesh)) {
            case LOAD_BALANCER -> balanced(service, port);
            case NODE_PORT -> onNodes(mesh, service, port);
            case HOST_PORT ->
                endpoints(
                        Stream.of(orEmpty(
                                pod.getStatus() == null ? null : pod.getStatus().getHostIP())),
                        UDP.equals(port) ? MeshDefaults.relayPort(mesh) : MeshDefaults.relayTlsPort(mesh));
            case CLUSTER_IP -> List.of();
        };
    }

    private static List<Endpoint> balanced(@Nullable Service service, String port) {
        if (service == null
                || service.getStatus() == null
                || service.getStatus().getLoadBalancer() == null) {
            return List.of();
        }
        Stream<String> addresses = Stream.concat(
                service.getStatus().getLoadBalancer().getIngress().stream().map(ingress -> orEmpty(ingress.getIp())),
                service.getSpec().getExternalIPs().stream());
        return port(service, port)
                .map(found -> endpoints(addresses, found.getPort()))
                .orElse(List.of());
    }

    private static List<Endpoint> onNodes(VpnMesh mesh, @Nullable Service service, String port) {
        RelayExpose expose = MeshDefaults.relay(mesh).expose();
        if (service == null || expose == null || expose.nodePort() == null) {
            return List.of();
        }
        List<String> addresses = expose.nodePort().addresses();
        return port(service, port)
                .filter(found -> found.getNodePort() != null)
                .map(found -> endpoints(addresses.stream(), found.getNodePort()))
                .orElse(List.of());
    }

    private static List<Endpoint> inside(@Nullable Service service, String port) {
        if (service == null) {
            return List.of();
        }
        return port(service, port)
                .map(found -> endpoints(service.getSpec().getClusterIPs().stream(), found.getPort()))
                .orElse(List.of());
    }

    private static Optional<ServicePort> port(Service service, String name) {
        return service.getSpec().getPorts().stream()
                .filter(port -> name.equals(port.getName()))
                .findFirst();
    }

    /** Literal addresses only: a provider's host name would have to be resolved again and again. */
    private static List<Endpoint> endpoints(Stream<String> addresses, int port) {
        List<Endpoint> endpoints = new ArrayList<>();
        addresses
                .filter(address -> !address.isEmpty() && !"None".equals(address))
                .forEach(address -> {
                    try {
                        endpoints.add(new Endpoint(IpAddress.parse(address), port));
                    } catch (IllegalArgumentException e) {
                        // Not a literal: the relay shows up without this address, and RelaysReady says what is missing.
                    }
                });
        return List.copyOf(endpoints);
    }

    static boolean ready(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(condition ->
                                "Ready".equals(condition.getType()) && "True".equals(condition.getStatus()));
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
