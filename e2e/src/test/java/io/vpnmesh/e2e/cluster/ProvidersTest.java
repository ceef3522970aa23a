// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvidersTest {
    @Test
    void k3sStartsOnlyAfterTheSitesLinkArrived() {
        var entrypoint = K3sContainers.entrypoint("169.254.192.2");

        assertThat(entrypoint.getLast())
                .startsWith("until ip route | grep -q '^default'; do sleep 0.2; done; exec k3s server ")
                .contains("--node-ip=" + SitePlan.NODE_ADDRESS)
                .contains("--cluster-cidr=" + SitePlan.POD_RANGE)
                .contains("--service-cidr=" + SitePlan.SERVICE_RANGE)
                .contains("--tls-san=169.254.192.2");
    }

    @Test
    void k3sIsReachedOverTheManagementLink() {
        assertThat(K3sContainers.reachable("    server: https://127.0.0.1:6443\n", "169.254.192.2"))
                .isEqualTo("    server: https://169.254.192.2:6443\n");
    }

    @Test
    void anUnknownProviderIsRefusedWithTheKnownOnes() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClusterProvider.named("kind"))
                .withMessageContaining("lab, k3s or kubeconfig:FILE");
    }

    @Test
    void aKubeconfigThatIsNotThereIsAnObstacle(@TempDir Path folder) {
        var provider = ClusterProvider.named("kubeconfig:" + folder.resolve("missing"));

        assertThat(provider.obstacle())
                .hasValueSatisfying(reason -> assertThat(reason).contains("missing"));
    }

    @Test
    void aKubeconfigGivesAClientOfThatServer(@TempDir Path folder) throws Exception {
        var file = Files.writeString(folder.resolve("config"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443"}}]
                users: [{name: u, user: {token: t}}]
                contexts: [{name: x, context: {cluster: c, user: u}}]
                current-context: x
                """);

        try (var cluster = ExistingKubeconfig.of(file.toString()).connect("a", 0)) {
            assertThat(cluster.client().getMasterUrl()).hasToString("https://192.0.2.1:6443/");
            assertThat(cluster.kubeconfig()).isEqualTo(file);
        }
    }
}
