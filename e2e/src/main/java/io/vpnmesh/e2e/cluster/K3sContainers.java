// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import com.github.dockerjava.api.command.InspectContainerResponse;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.k3s.K3sContainer;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;

/// K3s by Testcontainers, for machines with Docker (on this same Linux host). The container gets no network from
/// Docker: the site's own links move into its namespace, so it stands behind the same NAT as a lab node does. Unlike
/// there, flannel translates pods on the node already, with random ports: they look symmetric whatever the site's NAT
/// is,
/// and their paths stay relayed.
final class K3sContainers implements ClusterProvider {
    private static final Duration START_TIME = Duration.ofMinutes(3);
    private static final String IMAGE = System.getProperty("vpnmesh.k3s.image", "rancher/k3s:v1.36.4-k3s1");

    @Override
    public String name() {
        return "K3s in Docker";
    }

    @Override
    public Optional<String> obstacle() {
        return Machine.obstacle()
                .or(() -> DockerClientFactory.instance().isDockerAvailable()
                        ? Optional.empty()
                        : Optional.of("no Docker engine answers: start one, or use the provider lab"));
    }

    @Override
    public Cluster start(Run run, Site site) {
        var container = new Container(site);
        try {
            container.start();
            var cluster = run.closing(new K3sCluster(site.name(), container, writeKubeconfig(run, site, container)));
            NodeReadiness.await(cluster, START_TIME);
            return cluster;
        } catch (RuntimeException e) {
            container.stop();
            throw e;
        }
    }

    /// Waits for the links to arrive, because K3s takes its addresses from them when it starts.
    static List<String> entrypoint(String managementAddress) {
        var server = String.join(
                " ",
                "exec k3s server",
                // The site's own load balancer plays the cloud.
                "--disable=traefik,servicelb,metrics-server",
                "--node-ip=" + SitePlan.NODE_ADDRESS,
                "--advertise-address=" + SitePlan.NODE_ADDRESS,
                "--cluster-cidr=" + SitePlan.POD_RANGE,
                "--service-cidr=" + SitePlan.SERVICE_RANGE,
                "--flannel-iface=eth0",
                "--tls-san=" + managementAddress);
        return List.of("sh", "-c", "until ip route | grep -q '^default'; do sleep 0.2; done; " + server);
    }

    /// K3s writes its own loopback as server.
    static String reachable(String kubeconfig, String managementAddress) {
        return kubeconfig.replace("https://127.0.0.1:6443", "https://%s:6443".formatted(managementAddress));
    }

    private static Path writeKubeconfig(Run run, Site site, Container container) {
        try {
            return Files.writeString(run.folder(site.name()).resolve("admin.kubeconfig"), container.kubeconfig());
        } catch (IOException e) {
            throw new LabException("cannot write the kubeconfig of site " + site.name(), e);
        }
    }

    private static final class Container extends K3sContainer {
        private final Site site;
        private String kubeconfig = "";

        Container(Site site) {
            super(DockerImageName.parse(IMAGE).asCompatibleSubstituteFor("rancher/k3s"));
            this.site = site;
            setExposedPorts(List.of());
            withNetworkMode("none");
            withStartupTimeout(START_TIME);
            withCreateContainerCmdModifier(create ->
                    create.withEntrypoint(entrypoint(site.managementAddress())).withCmd(List.of()));
        }

        @Override
        protected void containerIsStarting(InspectContainerResponse container) {
            var pid = container.getState().getPidLong();
            if (pid == null || pid == 0) {
                throw new LabException("Docker names no process of the K3s container: is it on another machine?");
            }
            site.adoptNode(pid);
        }

        /// The inherited one asks for a mapped port, and there is none.
        @Override
        protected void containerIsStarted(InspectContainerResponse container) {
            var text = copyFileFromContainer(
                    "/etc/rancher/k3s/k3s.yaml", stream -> new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            kubeconfig = reachable(text, site.managementAddress());
        }

        String kubeconfig() {
            return kubeconfig;
        }
    }

    private static final class K3sCluster implements Cluster {
        private final String name;
        private final Container container;
        private final Path kubeconfig;
        private final KubernetesClient client;

        K3sCluster(String name, Container container, Path kubeconfig) {
            this.name = name;
            this.container = container;
            this.kubeconfig = kubeconfig;
            this.client = new KubernetesClientBuilder()
                    .withConfig(Config.fromKubeconfig(kubeconfig.toFile()))
                    .build();
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Path kubeconfig() {
            return kubeconfig;
        }

        @Override
        public KubernetesClient client() {
            return client;
        }

        @Override
        public Path kubectlProgram() {
            return Tools.located().program("kubectl");
        }

        @Override
        public void importImage(Path archive) {
            try {
                container.copyFileToContainer(MountableFile.forHostPath(archive), "/tmp/image.tar");
                var result = container.execInContainer("ctr", "-n", "k8s.io", "images", "import", "/tmp/image.tar");
                if (result.getExitCode() != 0) {
                    throw new LabException("cannot import %s: %s".formatted(archive, result.getStderr()));
                }
            } catch (IOException e) {
                throw new LabException("cannot import " + archive, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted while importing " + archive, e);
            }
        }

        @Override
        public void close() {
            client.close();
            container.stop();
        }
    }
}
