// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.inject;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.operator.model.SidecarContract;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Keeps Istio's and Linkerd's redirection away from the overlay and from our own ports, where one of them is at work in
 * the pod. What the user wrote stays; ours is added.
 */
final class ServiceMeshExclusions {

    private static final String ISTIO = "traffic.sidecar.istio.io/";
    private static final String ISTIO_INJECT = "sidecar.istio.io/inject";
    private static final String LINKERD = "config.linkerd.io/";
    private static final String LINKERD_INJECT = "linkerd.io/inject";
    private static final String OUR_PORTS = SidecarContract.HEALTH_PORT + "," + SidecarContract.METRICS_PORT;

    private ServiceMeshExclusions() {}

    /** @param ranges the mesh's range and the operator's address, as prefixes */
    static Map<String, String> of(Pod pod, Namespace namespace, List<String> ranges, String interfaceName) {
        Map<String, String> annotations = orEmpty(pod.getMetadata().getAnnotations());
        Map<String, String> labels = orEmpty(pod.getMetadata().getLabels());
        Map<String, String> around = orEmpty(namespace.getMetadata().getLabels());
        Map<String, String> notes = orEmpty(namespace.getMetadata().getAnnotations());
        Map<String, String> added = new TreeMap<>();
        boolean istio = "true".equals(annotations.get(ISTIO_INJECT))
                || "true".equals(labels.get(ISTIO_INJECT))
                || "enabled".equals(around.get("istio-injection"))
                || around.containsKey("istio.io/rev")
                || labels.containsKey("istio.io/rev")
                || annotations.keySet().stream().anyMatch(key -> key.startsWith(ISTIO));
        if (istio) {
            added.put(ISTIO + "excludeInterfaces", interfaceName);
            added.put(ISTIO + "excludeOutboundIPRanges", String.join(",", ranges));
            added.put(ISTIO + "excludeInboundPorts", OUR_PORTS);
        }
        boolean linkerd = "enabled".equals(annotations.get(LINKERD_INJECT))
                || "enabled".equals(notes.get(LINKERD_INJECT))
                || annotations.keySet().stream().anyMatch(key -> key.startsWith(LINKERD));
        if (linkerd) {
            added.put(LINKERD + "skip-subnets", String.join(",", ranges));
            added.put(LINKERD + "skip-inbound-ports", OUR_PORTS);
        }
        added.replaceAll((key, value) -> merged(annotations.get(key), value));
        return added;
    }

    private static String merged(@Nullable String old, String added) {
        Set<String> values = new LinkedHashSet<>();
        if (old != null) {
            Arrays.stream(old.split(","))
                    .map(String::strip)
                    .filter(value -> !value.isEmpty())
                    .forEach(values::add);
        }
        values.addAll(Arrays.asList(added.split(",")));
        return String.join(",", values);
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
