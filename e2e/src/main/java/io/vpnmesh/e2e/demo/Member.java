// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.run.Command;
import java.util.List;
import java.util.Optional;

/// A pod of the mesh.
///
/// @param address its IPv4 address on the overlay, as its VpnPeer shows it
public record Member(LabNode cluster, String namespace, String pod, String app, String podAddress, String address) {

    /// Empty until the operator has published an address for the pod.
    public static Optional<Member> of(LabNode cluster, Pod pod) {
        String namespace = pod.getMetadata().getNamespace();
        String name = pod.getMetadata().getName();
        GenericKubernetesResource peer = cluster.client()
                .genericKubernetesResources("vpnmesh.io/v1alpha1", "VpnPeer")
                .inNamespace(namespace)
                .withName(name)
                .get();
        List<String> addresses = peer == null ? null : peer.get("status", "addresses");
        if (addresses == null) {
            return Optional.empty();
        }
        return addresses.stream()
                .filter(address -> address.indexOf(':') < 0)
                .findFirst()
                .map(address -> new Member(
                        cluster,
                        namespace,
                        name,
                        pod.getMetadata().getLabels().getOrDefault("app", name),
                        pod.getStatus().getPodIP(),
                        address));
    }

    public Optional<SidecarStatus> status() {
        return SidecarStatus.of(cluster.client(), namespace, pod);
    }

    /// How this pod's sidecar reaches another member now.
    public Optional<SidecarStatus.Peer> pathTo(Member other) {
        return status().flatMap(status -> status.peer(other.address));
    }

    /// A command in the application's container, not yet run.
    public Command exec(String... arguments) {
        String[] start = {"exec", "-n", namespace, pod, "-c", app, "--"};
        String[] all = new String[start.length + arguments.length];
        System.arraycopy(start, 0, all, 0, start.length);
        System.arraycopy(arguments, 0, all, start.length, arguments.length);
        return cluster.kubectl(all);
    }
}
