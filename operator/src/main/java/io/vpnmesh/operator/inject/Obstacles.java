// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.model.SidecarContract;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What keeps a pod from ever running a sidecar. Found at admission, because a pod that starts and fails says less. */
final class Obstacles {

    /** Since this version the API server keeps native sidecars without being asked; older ones drop the field silently. */
    private static final int FIRST_MINOR = 29;

    private static final String ENFORCED_LEVEL = "pod-security.kubernetes.io/enforce";

    /** RuntimeClasses of sandboxes that have a kernel or network stack of their own. */
    private static final Pattern SANDBOX = Pattern.compile("(?i).*(gvisor|runsc|kata|firecracker|wasm|spin|quark).*");

    private static final Set<Integer> OUR_PORTS = Set.of(SidecarContract.HEALTH_PORT, SidecarContract.METRICS_PORT);

    private static final String OPT_OUT = " (" + Marks.MESH + ": " + Marks.NONE + ")";

    private Obstacles() {}

    /** The first obstacle, with the fix. */
    static Optional<String> find(Pod pod, Injection.Surroundings surroundings) {
        return Stream.of(
                        version(surroundings.serverMinor()),
                        podSecurity(surroundings.namespace()),
                        network(pod.getSpec()),
                        users(pod.getSpec()),
                        windows(pod.getSpec()),
                        sandbox(pod.getSpec()),
                        ports(pod),
                        names(pod))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<String> version(int minor) {
        return when(
                minor < FIRST_MINOR,
                "this API server is 1." + minor
                        + ", which drops native sidecar containers silently: upgrade the cluster" + " to Kubernetes 1."
                        + FIRST_MINOR + " or newer");
    }

    private static Optional<String> podSecurity(Namespace namespace) {
        @Nullable Map<String, String> labels = namespace.getMetadata().getLabels();
        String level = labels == null ? null : labels.get(ENFORCED_LEVEL);
        return when(
                "baseline".equals(level) || "restricted".equals(level),
                "namespace " + namespace.getMetadata().getName() + " enforces Pod Security level '" + level
                        + "', which forbids the capability NET_ADMIN that the setup container needs once: label the"
                        + " namespace " + ENFORCED_LEVEL + "=privileged (warn and audit may stay), or move the pod");
    }

    private static Optional<String> network(PodSpec spec) {
        return when(
                Boolean.TRUE.equals(spec.getHostNetwork()),
                "the pod uses hostNetwork, so the overlay would be the whole node's: remove hostNetwork, or opt out"
                        + OPT_OUT);
    }

    private static Optional<String> users(PodSpec spec) {
        return when(
                Boolean.FALSE.equals(spec.getHostUsers()),
                "the pod sets hostUsers: false, and no user namespace can make the TUN device: remove hostUsers, or opt"
                        + " out" + OPT_OUT);
    }

    private static Optional<String> windows(PodSpec spec) {
        boolean byOs = spec.getOs() != null && "windows".equals(spec.getOs().getName());
        boolean bySelector = spec.getNodeSelector() != null
                && "windows".equals(spec.getNodeSelector().get("kubernetes.io/os"));
        return when(byOs || bySelector, "the sidecar runs on Linux only: opt this Windows pod out" + OPT_OUT);
    }

    private static Optional<String> sandbox(PodSpec spec) {
        String runtime = spec.getRuntimeClassName();
        return when(
                runtime != null && SANDBOX.matcher(runtime).matches(),
                "runtimeClassName '" + runtime
                        + "' is a sandbox without /dev/net/tun: use the node's default runtime, or" + " opt out"
                        + OPT_OUT);
    }

    private static Optional<String> ports(Pod pod) {
        return InboundPorts.containers(pod)
                .filter(container ->
                        container.getPorts().stream().anyMatch(port -> OUR_PORTS.contains(port.getContainerPort())))
                .map(container -> "container '" + container.getName() + "' declares port " + SidecarContract.HEALTH_PORT
                        + " or " + SidecarContract.METRICS_PORT
                        + ", which the sidecar needs for probes and metrics: use"
                        + " another port")
                .findFirst();
    }

    private static Optional<String> names(Pod pod) {
        @Nullable Map<String, String> annotations = pod.getMetadata().getAnnotations();
        boolean ours = annotations != null && annotations.containsKey(Marks.STATUS);
        return Stream.concat(pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream())
                .map(Container::getName)
                .filter(name -> !ours && (Marks.SIDECAR_CONTAINER.equals(name) || Marks.SETUP_CONTAINER.equals(name)))
                .map(name -> "the pod has a container '" + name + "', a name that the sidecar uses: rename it")
                .findFirst();
    }

    private static Optional<String> when(boolean holds, String message) {
        return holds ? Optional.of(message) : Optional.empty();
    }
}
