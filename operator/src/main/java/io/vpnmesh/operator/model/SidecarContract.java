// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import io.fabric8.kubernetes.api.model.ConfigMapVolumeSource;
import io.fabric8.kubernetes.api.model.ConfigMapVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.EmptyDirVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;

/** What our containers expect of a pod, whether injected or a relay's: paths, ports, users, and a hardened security context. */
public final class SidecarContract {

    public static final long SIDECAR_UID = 29173;
    public static final long RELAY_UID = 29174;

    /** Probes and /status, on the pod's address. */
    public static final int HEALTH_PORT = 29901;
    /** Prometheus. */
    public static final int METRICS_PORT = 29902;

    public static final String TOKEN_VOLUME = "vpnmesh-token";
    public static final String CA_VOLUME = "vpnmesh-ca";
    public static final String STATE_VOLUME = "vpnmesh-state";
    public static final String DEVICE_VOLUME = "vpnmesh-dev";
    public static final String NO_API_VOLUME = "vpnmesh-no-api";

    private static final String TOKEN_DIRECTORY = "/var/run/secrets/vpnmesh.io";
    private static final String CA_DIRECTORY = "/var/run/vpnmesh/ca";
    private static final String STATE_DIRECTORY = "/var/run/vpnmesh/state";
    private static final String DEVICE_DIRECTORY = "/var/run/vpnmesh/dev";
    private static final String API_TOKEN_DIRECTORY = "/var/run/secrets/kubernetes.io/serviceaccount";

    /** The kubelet renews a token at four fifths of its life; our containers read it again each time. */
    private static final long TOKEN_SECONDS = 600;

    private SidecarContract() {}

    /**
     * Where the operator is and who the container is; everything else has a default in the container.
     *
     * @param suite a node makes its key before it enrols, so it has to know the mesh's suite beforehand
     */
    public static List<EnvVar> environment(OperatorFacts operator, String suite) {
        List<EnvVar> variables = new ArrayList<>();
        variables.add(env("VPNMESH_OPERATOR_URL", operator.url()));
        variables.add(env("VPNMESH_OPERATOR_TLS_NAME", operator.tlsName()));
        if (!"default".equals(suite)) {
            variables.add(env("VPNMESH_CRYPTO_SUITE", suite));
        }
        // One arena of the C library: several cost a small JVM megabytes that its limit does not have.
        variables.add(env("MALLOC_ARENA_MAX", "1"));
        variables.add(field("VPNMESH_POD_IP", "status.podIP"));
        variables.add(field("VPNMESH_HOST_IP", "status.hostIP"));
        variables.add(field("VPNMESH_POD_NAME", "metadata.name"));
        variables.add(field("VPNMESH_POD_NAMESPACE", "metadata.namespace"));
        variables.add(field("VPNMESH_POD_UID", "metadata.uid"));
        variables.add(field("VPNMESH_POD_SERVICE_ACCOUNT", "spec.serviceAccountName"));
        return variables;
    }

    public static EnvVar env(String name, String value) {
        return new EnvVarBuilder().withName(name).withValue(value).build();
    }

    private static EnvVar field(String name, String path) {
        return new EnvVarBuilder()
                .withName(name)
                .withNewValueFrom()
                .withNewFieldRef()
                .withApiVersion("v1")
                .withFieldPath(path)
                .endFieldRef()
                .endValueFrom()
                .build();
    }

    /** A token that is good for nothing but enrolment. */
    public static Volume tokenVolume(String audience) {
        return new VolumeBuilder()
                .withName(TOKEN_VOLUME)
                .withNewProjected()
                .withDefaultMode(0444)
                .addNewSource()
                .withNewServiceAccountToken()
                .withAudience(audience)
                .withExpirationSeconds(TOKEN_SECONDS)
                .withPath("token")
                .endServiceAccountToken()
                .endSource()
                .endProjected()
                .build();
    }

    public static Volume caVolume(String configMap) {
        ConfigMapVolumeSource source = new ConfigMapVolumeSourceBuilder()
                .withName(configMap)
                .withDefaultMode(0444)
                .build();
        return new VolumeBuilder().withName(CA_VOLUME).withConfigMap(source).build();
    }

    public static Volume memoryVolume(String name, String limit) {
        return new VolumeBuilder()
                .withName(name)
                .withEmptyDir(new EmptyDirVolumeSourceBuilder()
                        .withMedium("Memory")
                        .withSizeLimit(new Quantity(limit))
                        .build())
                .build();
    }

    public static VolumeMount tokenMount() {
        return mount(TOKEN_VOLUME, TOKEN_DIRECTORY, true);
    }

    public static VolumeMount caMount() {
        return mount(CA_VOLUME, CA_DIRECTORY, true);
    }

    public static VolumeMount stateMount() {
        return mount(STATE_VOLUME, STATE_DIRECTORY, false);
    }

    public static VolumeMount deviceMount() {
        return mount(DEVICE_VOLUME, DEVICE_DIRECTORY, false);
    }

    /** Takes the place in which the API server would otherwise mount the app's own token into our container. */
    public static VolumeMount noApiMount() {
        return mount(NO_API_VOLUME, API_TOKEN_DIRECTORY, true);
    }

    public static VolumeMount mount(String volume, String path, boolean readOnly) {
        return new VolumeMountBuilder()
                .withName(volume)
                .withMountPath(path)
                .withReadOnly(readOnly ? Boolean.TRUE : null)
                .build();
    }

    /** Every field that a pod could hand down is set, so nothing is inherited. */
    public static SecurityContext hardened(long user, List<String> capabilities) {
        return new SecurityContextBuilder()
                .withRunAsUser(user)
                .withRunAsGroup(user)
                .withRunAsNonRoot(user != 0)
                .withPrivileged(false)
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .withAdd(capabilities)
                .endCapabilities()
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .build();
    }

    public static Probe probe(String path, int periodSeconds, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort(HEALTH_PORT)
                .withScheme("HTTP")
                .endHttpGet()
                .withPeriodSeconds(periodSeconds)
                .withTimeoutSeconds(2)
                .withFailureThreshold(failures)
                .withSuccessThreshold(1)
                .build();
    }
}
