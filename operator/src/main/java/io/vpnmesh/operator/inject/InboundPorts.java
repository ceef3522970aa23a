// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.model.MeshDefaults;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What other members may open at the pod, in the form that the sidecar reads: {@code declared:tcp/80,udp/53}. */
final class InboundPorts {

    /** People write both {@code 80/tcp} and {@code tcp/80}. */
    private static final Pattern PORT =
            Pattern.compile("(?:(?<port>\\d{1,5})/(?<after>tcp|udp|sctp)|(?<before>tcp|udp|sctp)/(?<number>\\d{1,5}))");

    private InboundPorts() {}

    /** Errors: IllegalArgumentException with the fix for an annotation that does not parse. */
    static String of(Pod pod, VpnMesh mesh) {
        return switch (MeshDefaults.inbound(mesh)) {
            case ALL -> "all";
            case NONE -> "none";
            case DECLARED_PORTS -> "declared:" + String.join(",", declared(pod));
        };
    }

    private static Set<String> declared(Pod pod) {
        Set<String> ports = new TreeSet<>();
        containers(pod)
                .flatMap(container -> container.getPorts().stream())
                .map(InboundPorts::text)
                .forEach(ports::add);
        @Nullable Map<String, String> annotations = pod.getMetadata().getAnnotations();
        String more = annotations == null ? null : annotations.get(Marks.INBOUND_PORTS);
        if (more != null) {
            for (String item : more.split(",", -1)) {
                if (!item.isBlank()) {
                    ports.add(parse(item.strip().toLowerCase(Locale.ROOT)));
                }
            }
        }
        return ports;
    }

    /** The app's containers; init containers serve nobody unless they stay. */
    static Stream<Container> containers(Pod pod) {
        return Stream.concat(
                        pod.getSpec().getContainers().stream(),
                        pod.getSpec().getInitContainers().stream()
                                .filter(container -> "Always".equals(container.getRestartPolicy())))
                .filter(container -> !Marks.SIDECAR_CONTAINER.equals(container.getName()));
    }

    private static String text(ContainerPort port) {
        String protocol =
                port.getProtocol() == null ? "tcp" : port.getProtocol().toLowerCase(Locale.ROOT);
        return protocol + "/" + port.getContainerPort();
    }

    private static String parse(String item) {
        Matcher matcher = PORT.matcher(item);
        if (matcher.matches()) {
            boolean portFirst = matcher.group("port") != null;
            int port = Integer.parseInt(portFirst ? matcher.group("port") : matcher.group("number"));
            if (port >= 1 && port <= 65535) {
                return (portFirst ? matcher.group("after") : matcher.group("before")) + "/" + port;
            }
        }
        throw new IllegalArgumentException(
                "annotation " + Marks.INBOUND_PORTS + " holds '" + item + "': write ports as 80/tcp,53/udp");
    }
}
