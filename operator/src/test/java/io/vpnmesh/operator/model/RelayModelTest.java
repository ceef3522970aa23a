// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.lab.Fixtures;
import io.vpnmesh.operator.lab.Golden;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RelayModelTest {

    @Test
    void foundingClusterGetsOneRelay() {
        Golden.matches("relay-minimal.yaml", desired(Fixtures.mesh("shop", "blue")));
    }

    @Test
    void everyFieldOfTheTemplateArrives() {
        VpnMesh mesh = Fixtures.mesh("shop", "blue", """
                  relay:
                    replicas: 2
                    port: 14500
                    tlsPort: 8443
                    expose:
                      type: LoadBalancer
                      loadBalancer:
                        class: example.com/lb
                        annotations: {example.com/pool: public}
                    template:
                      annotations: {example.com/team: net}
                      resources: {requests: {cpu: "1"}}
                      nodeSelector: {pool: edge}
                      tolerations: [{key: edge, operator: Exists}]
                      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway}]
                      priorityClassName: high
                  sidecar:
                    logLevel: debug
                """.indent(0));

        Golden.matches("relay-full.yaml", desired(mesh));
    }

    @Test
    void nodePortsCountUpFromTheFirst() {
        VpnMesh mesh = Fixtures.mesh("shop", "blue", """
                  relay:
                    replicas: 2
                    expose:
                      type: NodePort
                      nodePort: {udpPort: 30500, tlsPort: 30600, addresses: [192.0.2.1]}
                """);

        List<Integer> ports = services(mesh).stream()
                .filter(service -> "NodePort".equals(service.getSpec().getType()))
                .flatMap(service -> service.getSpec().getPorts().stream())
                .map(port -> port.getNodePort())
                .toList();

        assertThat(ports).containsExactly(30500, 30600, 30501, 30601);
    }

    @Test
    void hostPortsStandOnThePodAndSelectItsNode() {
        VpnMesh mesh = Fixtures.mesh("shop", "blue", """
                  relay:
                    expose: {type: HostPort, hostPort: {nodeSelector: {public: "yes"}}}
                """);

        StatefulSet set = statefulSet(mesh);

        assertThat(set.getSpec().getTemplate().getSpec().getNodeSelector()).containsEntry("public", "yes");
        assertThat(set.getSpec()
                        .getTemplate()
                        .getSpec()
                        .getContainers()
                        .getFirst()
                        .getPorts())
                .extracting(port -> port.getHostPort())
                .containsExactly(4500, 443, null, null);
    }

    @Test
    void joiningClusterHasNoRelayUnlessItAsks() {
        VpnMesh joiner = Fixtures.mesh("shop", "blue", "  join: {secretRef: {name: token}}\n");

        assertThat(statefulSet(joiner).getSpec().getReplicas()).isZero();
        assertThat(services(joiner)).hasSize(1);
    }

    private static String desired(VpnMesh mesh) {
        return RelayModel.desired(mesh, Fixtures.OPERATOR).stream()
                .map(Golden::yaml)
                .collect(Collectors.joining());
    }

    private static List<Service> services(VpnMesh mesh) {
        return RelayModel.desired(mesh, Fixtures.OPERATOR).stream()
                .filter(Service.class::isInstance)
                .map(Service.class::cast)
                .toList();
    }

    private static StatefulSet statefulSet(VpnMesh mesh) {
        return RelayModel.desired(mesh, Fixtures.OPERATOR).stream()
                .filter(StatefulSet.class::isInstance)
                .map(HasMetadata.class::cast)
                .map(StatefulSet.class::cast)
                .findFirst()
                .orElseThrow();
    }
}
