// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshStatus;
import io.vpnmesh.operator.address.OverlayPlan;
import io.vpnmesh.operator.inject.SidecarContainers.Choices;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.Membership;
import io.vpnmesh.operator.mesh.MeshRef;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides about a pod and adds the sidecar. Pure, and repeatable: a pod that has ours gets the same again, in the same
 * place, so a second invocation changes nothing unless somebody put a container before ours.
 */
public final class SidecarInjector {

    /** The overlay's interface; the sidecar's default. */
    private static final String INTERFACE = "mesh0";

    /** Every member has an IPv6 overlay address, and IPv6 needs this much (RFC 8200 section 5). */
    private static final int LEAST_MTU = 1280;

    private static final int GREATEST_MTU = 65_535;

    /** Pods that the kubelet makes from files cannot be changed at admission. */
    private static final String MIRROR = "kubernetes.io/config.mirror";

    private SidecarInjector() {}

    public static Injection decide(Pod pod, Injection.Surroundings surroundings) {
        @Nullable Map<String, String> labels = pod.getMetadata().getLabels();
        boolean relay = labels != null && labels.containsKey(Marks.RELAY);
        if (relay || annotations(pod).containsKey(MIRROR)) {
            return new Injection.Untouched();
        }
        Membership.Answer answer = Membership.of(pod.getMetadata(), surroundings.namespace(), surroundings.meshes());
        return switch (answer) {
            case Membership.Answer.NotAsked _ -> new Injection.Untouched();
            case Membership.Answer.Refused refused -> new Injection.Refused(refused.message());
            case Membership.Answer.Member member -> join(pod, member.mesh(), surroundings);
        };
    }

    private static Injection join(Pod pod, VpnMesh mesh, Injection.Surroundings surroundings) {
        Optional<String> obstacle = Obstacles.find(pod, surroundings);
        if (obstacle.isPresent()) {
            return new Injection.Refused(obstacle.get());
        }
        try {
            Choices choices = new Choices(InboundPorts.of(pod, mesh), startup(pod), mtu(pod));
            return new Injection.Injected(inject(pod, mesh, surroundings, choices));
        } catch (IllegalArgumentException e) {
            return new Injection.Refused(String.valueOf(e.getMessage()));
        }
    }

    private static Pod inject(Pod pod, VpnMesh mesh, Injection.Surroundings surroundings, Choices choices) {
        Set<String> ourVolumes =
                SidecarContainers.volumes().stream().map(Volume::getName).collect(Collectors.toSet());
        List<Container> first = new ArrayList<>();
        first.add(SidecarContainers.setup(mesh, surroundings.operator(), choices));
        first.add(SidecarContainers.sidecar(mesh, surroundings.operator(), choices));
        pod.getSpec().getInitContainers().stream()
                .filter(container -> !Marks.SETUP_CONTAINER.equals(container.getName())
                        && !Marks.SIDECAR_CONTAINER.equals(container.getName()))
                .forEach(first::add);
        List<Volume> volumes = new ArrayList<>(pod.getSpec().getVolumes());
        volumes.removeIf(volume -> ourVolumes.contains(volume.getName()));
        volumes.addAll(SidecarContainers.volumes());
        return new PodBuilder(pod)
                .editMetadata()
                .addToLabels(Marks.INJECTED, "true")
                .addToAnnotations(Marks.STATUS, status(mesh, surroundings))
                .addToAnnotations(ServiceMeshExclusions.of(
                        pod, surroundings.namespace(), reserved(mesh, surroundings), INTERFACE))
                .endMetadata()
                .editSpec()
                .withInitContainers(first)
                .withVolumes(volumes)
                .endSpec()
                .build();
    }

    /** For people and tools; the mesh is written out in full, because the pod may have named it in short. */
    private static String status(VpnMesh mesh, Injection.Surroundings surroundings) {
        return "{\"mesh\":\"" + MeshRef.of(mesh) + "\",\"image\":\""
                + surroundings.operator().sidecarImage() + "\",\"state\":\"injected\"}";
    }

    /** Prefixes that another program's redirection must leave alone. */
    private static List<String> reserved(VpnMesh mesh, Injection.Surroundings surroundings) {
        VpnMeshStatus status = mesh.getStatus();
        String range = status == null
                        || status.effective() == null
                        || status.effective().ipv4() == null
                ? OverlayPlan.DEFAULT_IPV4.toString()
                : status.effective().ipv4();
        String host = URI.create(surroundings.operator().url()).getHost();
        return host == null || !host.matches("[0-9.]+") ? List.of(range) : List.of(range, host + "/32");
    }

    private static String startup(Pod pod) {
        String startup = annotations(pod).getOrDefault(Marks.STARTUP, "wait");
        if (!startup.equals("wait") && !startup.equals("background")) {
            throw new IllegalArgumentException(
                    "annotation " + Marks.STARTUP + " is '" + startup + "': write wait or background");
        }
        return startup;
    }

    private static @Nullable Integer mtu(Pod pod) {
        String text = annotations(pod).get(Marks.MTU);
        if (text == null) {
            return null;
        }
        if (text.matches("[0-9]{3,5}")) {
            int mtu = Integer.parseInt(text);
            if (mtu >= LEAST_MTU && mtu <= GREATEST_MTU) {
                return mtu;
            }
        }
        throw new IllegalArgumentException("annotation " + Marks.MTU + " is '" + text
                + "': write a number of bytes from " + LEAST_MTU + " to " + GREATEST_MTU);
    }

    private static Map<String, String> annotations(Pod pod) {
        @Nullable Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }
}
