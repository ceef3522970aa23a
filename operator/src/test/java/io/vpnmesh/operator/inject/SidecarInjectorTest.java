// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.inject;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.javaoperatorsdk.webhook.admission.AdmissionUtils;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.lab.Fixtures;
import io.vpnmesh.operator.lab.Golden;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SidecarInjectorTest {

    private static final VpnMesh BLUE = Fixtures.mesh("shop", "blue");

    private static final String PLAIN = """
            metadata:
              name: web
              annotations: {vpnmesh.io/mesh: blue}
            spec:
              containers:
              - {name: app, image: "app:1", ports: [{containerPort: 8080}, {containerPort: 53, protocol: UDP}]}
            """;

    private static final String RICH = """
            metadata:
              generateName: web-
              labels: {app: web, vpnmesh.io/mesh: blue, sidecar.istio.io/inject: "true"}
              annotations:
                vpnmesh.io/inbound-ports: "9000/tcp, udp/9001"
                vpnmesh.io/mtu: "1300"
                vpnmesh.io/startup: background
                traffic.sidecar.istio.io/excludeOutboundIPRanges: 10.1.0.0/16
            spec:
              securityContext: {runAsUser: 1000, fsGroup: 1000}
              initContainers:
              - {name: migrate, image: "migrate:1"}
              - {name: proxy, image: "proxy:1", restartPolicy: Always, ports: [{containerPort: 15000}]}
              containers:
              - {name: app, image: "app:1", ports: [{containerPort: 8080}]}
              volumes:
              - {name: data, emptyDir: {}}
            """;

    @Test
    void plainPodGetsTheWholeSidecar() throws IOException {
        Golden.matches("inject-plain.json", patch(Fixtures.pod(PLAIN), BLUE));
    }

    @Test
    void annotationsAndOtherMeshesAreHonoured() throws IOException {
        VpnMesh mesh = Fixtures.mesh("shop", "blue", """
                  sidecar:
                    logLevel: debug
                    resources: {limits: {memory: 96Mi}}
                """);

        Golden.matches("inject-rich.json", patch(Fixtures.pod(RICH), mesh));
    }

    @Test
    void secondInvocationChangesNothing() throws IOException {
        Pod once = injected(Fixtures.pod(RICH), BLUE);

        assertThat(patch(once, BLUE)).isEqualTo("[ ]");
    }

    @Test
    void containerThatGotInFrontIsMovedBehindOurs() {
        Pod once = injected(Fixtures.pod(PLAIN), BLUE);
        Container intruder =
                new ContainerBuilder().withName("first").withImage("x").build();
        Pod changed = new PodBuilder(once)
                .editSpec()
                .addToInitContainers(0, intruder)
                .endSpec()
                .build();

        assertThat(injected(changed, BLUE).getSpec().getInitContainers())
                .extracting(Container::getName)
                .containsExactly("vpnmesh-setup", "vpnmesh", "first");
    }

    @ParameterizedTest
    @CsvSource({"All,all", "None,none", "DeclaredPorts,'declared:tcp/8080,udp/53'"})
    void inboundFollowsTheMesh(String inbound, String expected) {
        VpnMesh mesh = Fixtures.mesh("shop", "blue", "  inbound: " + inbound + "\n");

        Pod pod = injected(Fixtures.pod(PLAIN), mesh);

        assertThat(pod.getSpec().getInitContainers().get(1).getEnv()).anySatisfy(variable -> {
            assertThat(variable.getName()).isEqualTo("VPNMESH_INBOUND");
            assertThat(variable.getValue()).isEqualTo(expected);
        });
    }

    @Test
    void podsThatDoNotAskOptOutOrBelongToTheRelayStay() {
        Pod silent = Fixtures.pod("metadata: {name: a}\nspec: {containers: [{name: app, image: a}]}\n");
        Pod out = Fixtures.pod("metadata: {name: a, annotations: {vpnmesh.io/mesh: none}}\n"
                + "spec: {containers: [{name: app, image: a}]}\n");
        Pod relay = Fixtures.pod("metadata: {name: a, labels: {vpnmesh.io/relay: blue, vpnmesh.io/mesh: blue}}\n"
                + "spec: {containers: [{name: app, image: a}]}\n");

        assertThat(List.of(silent, out, relay))
                .allSatisfy(pod -> assertThat(decide(pod, BLUE, 36, Map.of("vpnmesh.io/team", "x")))
                        .isInstanceOf(Injection.Untouched.class));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "hostNetwork: true           | hostNetwork",
                "hostUsers: false            | hostUsers",
                "os: {name: windows}         | Windows",
                "nodeSelector: {kubernetes.io/os: windows} | Windows",
                "runtimeClassName: gvisor    | sandbox",
                "initContainers: [{name: vpnmesh, image: x}] | rename it",
                "initContainers: [{name: x, image: x, restartPolicy: Always, ports: [{containerPort: 29901}]}] | 29901",
            })
    void podThatCanNeverJoinIsRefusedWithTheFix(String field, String words) {
        Pod pod = Fixtures.pod(PLAIN.stripTrailing() + "\n  " + field + "\n");

        assertThat(refusal(decide(pod, BLUE, 36, Map.of()))).contains(words);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "vpnmesh.io/mtu: '100'",
                "vpnmesh.io/mtu: '1279'",
                "vpnmesh.io/startup: later",
                "vpnmesh.io/inbound-ports: http"
            })
    void malformedAnnotationIsRefusedByName(String annotation) {
        Pod pod = Fixtures.pod(PLAIN.replace("vpnmesh.io/mesh: blue", "vpnmesh.io/mesh: blue, " + annotation));

        assertThat(refusal(decide(pod, BLUE, 36, Map.of())))
                .contains(annotation.substring(0, annotation.indexOf(':')))
                .contains("write ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"baseline", "restricted"})
    void podSecurityLevelThatForbidsSetupIsNamed(String level) {
        Map<String, String> labels = Map.of("pod-security.kubernetes.io/enforce", level);

        assertThat(refusal(decide(Fixtures.pod(PLAIN), BLUE, 36, labels)))
                .contains(level, "pod-security.kubernetes.io/enforce=privileged");
    }

    @Test
    void oldApiServerIsNamed() {
        assertThat(refusal(decide(Fixtures.pod(PLAIN), BLUE, 28, Map.of()))).contains("1.28", "1.29");
    }

    private static String refusal(Injection decision) {
        assertThat(decision).isInstanceOf(Injection.Refused.class);
        return ((Injection.Refused) decision).message();
    }

    private static Pod injected(Pod pod, VpnMesh mesh) {
        Injection decision = decide(pod, mesh, 36, Map.of());
        assertThat(decision).isInstanceOf(Injection.Injected.class);
        return ((Injection.Injected) decision).pod();
    }

    private static Injection decide(Pod pod, VpnMesh mesh, int minor, Map<String, String> labels) {
        return SidecarInjector.decide(
                pod,
                new Injection.Surroundings(
                        Fixtures.namespace("shop", labels), List.of(mesh), minor, Fixtures.OPERATOR));
    }

    private static String patch(Pod pod, VpnMesh mesh) throws IOException {
        String encoded = AdmissionUtils.admissionResponseFromMutation(pod, injected(pod, mesh))
                .getPatch();
        ObjectMapper json = new ObjectMapper();
        JsonNode patch = json.readTree(Base64.getDecoder().decode(encoded));
        return json.writerWithDefaultPrettyPrinter().writeValueAsString(patch);
    }
}
