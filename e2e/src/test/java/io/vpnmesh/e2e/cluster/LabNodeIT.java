// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.authentication.TokenReview;
import io.fabric8.kubernetes.api.model.authentication.TokenReviewBuilder;
import io.vpnmesh.e2e.Lab;
import io.vpnmesh.e2e.LabTest;
import io.vpnmesh.e2e.image.DebianImage;
import io.vpnmesh.e2e.net.NatBehaviour;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Two real clusters side by side, with the same private addresses, behind two NATs.
@LabTest
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LabNodeIT {
    private static final String RUN = "tnode";
    private static final String WEB = """
            apiVersion: v1
            kind: Pod
            metadata: {name: web, labels: {app: web}}
            spec:
              containers:
              - name: nginx
                image: vpnmesh.io/lab/web:1
                imagePullPolicy: Never
                command: [nginx, -g, "daemon off; error_log /dev/stderr;"]
                ports: [{containerPort: 80}]
                volumeMounts: [{name: html, mountPath: /var/www/html}]
                readinessProbe: {httpGet: {port: 80}, periodSeconds: 1}
              initContainers:
              - name: page
                image: vpnmesh.io/lab/web:1
                imagePullPolicy: Never
                command: [sh, -c, "echo hello from the lab >/html/index.html"]
                volumeMounts: [{name: html, mountPath: /html}]
              volumes: [{name: html, emptyDir: {medium: Memory}}]
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {selector: {app: web}, ports: [{port: 80}]}
            ---
            apiVersion: v1
            kind: Service
            metadata: {name: web-public}
            spec:
              type: LoadBalancer
              externalTrafficPolicy: Local
              selector: {app: web}
              ports: [{port: 80}]
            """;

    private final Lab lab = Lab.start(
            Run.open(RUN, Run.Lifetime.TIED), List.of("a", "b"), ClusterProvider.named("lab"), System.out::println);
    private final Cluster a = lab.cluster("a");
    private final Cluster b = lab.cluster("b");

    LabNodeIT() {
        try {
            for (var cluster : lab.clusters()) {
                cluster.importImage(DebianImage.client().archive(Tools.cache()));
            }
            a.importImage(DebianImage.web().archive(Tools.cache()));
            a.apply(WEB);
            a.kubectl("wait", "pod/web", "--for=condition=Ready", "--timeout=50s")
                    .orThrow();
        } catch (RuntimeException e) {
            lab.close();
            throw e;
        }
    }

    @AfterAll
    void nothingIsLeftBehind() throws IOException {
        lab.close();

        assertThat(Command.of("ip", "netns", "list").orThrow()).doesNotContain(RUN);
        assertThat(Files.readString(Path.of("/proc/mounts"))).doesNotContain("vpnmesh-lab/" + RUN);
        assertThat(Command.of("sh", "-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '")
                        .orThrow())
                .doesNotContain("vpnmesh-lab/" + RUN);
        assertThat(Command.of(
                                "sh",
                                "-c",
                                "ls -d /sys/fs/cgroup/*/%1$s-* /sys/fs/cgroup/%1$s-* 2>/dev/null || true"
                                        .formatted(RUN))
                        .orThrow())
                .isEmpty();
        assertThat(Command.of("ip", "-o", "link").orThrow()).doesNotContain(RUN);
        assertThat(Run.names()).doesNotContain(RUN);
    }

    @Test
    void aPodReachesAServiceByItsClusterAddress() {
        var address = a.client()
                .services()
                .inNamespace("default")
                .withName("web")
                .get()
                .getSpec()
                .getClusterIP();

        var page = runPod(
                a, "curler", "curl -sS --max-time 10 --retry 5 --retry-connrefused http://%s/".formatted(address));

        assertThat(page).isEqualTo("hello from the lab");
    }

    /// The way that an API server reaches a webhook.
    @Test
    void theNodeItselfReachesAServiceByItsClusterAddress() {
        var address = a.client()
                .services()
                .inNamespace("default")
                .withName("web")
                .get()
                .getSpec()
                .getClusterIP();

        var page = lab.site("a").node().command("curl", "-sS", "--max-time", "5", "http://%s/".formatted(address));

        assertThat(page.orThrow()).isEqualTo("hello from the lab");
    }

    @Test
    void aPodReachesItsOwnServiceAcrossTheSameNode() {
        var address = a.client()
                .services()
                .inNamespace("default")
                .withName("web")
                .get()
                .getSpec()
                .getClusterIP();

        assertThat(a.exec(
                        "default",
                        "web",
                        "nginx",
                        List.of("curl", "-sS", "--max-time", "5", "http://" + address + "/")))
                .isEqualTo("hello from the lab");
    }

    @Test
    void theBalancersAddressIsReachedFromTheOtherSiteUnderEveryNat() {
        var address = balancerAddress();
        for (var behaviour :
                List.of(NatBehaviour.SYMMETRIC, NatBehaviour.FULL_CONE, NatBehaviour.ENDPOINT_INDEPENDENT)) {
            lab.site("a").nat(behaviour);

            var page = lab.site("b")
                    .node()
                    .command("curl", "-sS", "--max-time", "5", "http://%s/".formatted(address))
                    .orThrow();

            assertThat(page).as("behind %s", behaviour).isEqualTo("hello from the lab");
        }
        assertThat(a.kubectl("logs", "web", "-c", "nginx", "--tail=50").orThrow())
                .doesNotContain("10.244.0.1 ");
    }

    @Test
    void aPodIsSeenFromOutsideByTheNatsAddressAndABalancerByItsOwn() {
        var address = balancerAddress();

        var page = runPod(b, "outside", "curl -sS --max-time 10 http://%s/".formatted(address));

        assertThat(page).isEqualTo("hello from the lab");
        assertThat(a.exec("default", "web", "nginx", List.of("cat", "/var/log/nginx/access.log")))
                .contains(lab.site("b").externalAddress());
    }

    @Test
    void aProjectedTokenIsReviewedForItsAudienceOnly() {
        var token = a.kubectl("create", "token", "default", "--audience=vpnmesh", "--duration=600s")
                .orThrow();

        assertThat(review(token, "vpnmesh").getStatus().getAuthenticated()).isTrue();
        assertThat(review(token, "vpnmesh").getStatus().getUser().getUsername())
                .isEqualTo("system:serviceaccount:default:default");
        assertThat(review(token, "somebody-else").getStatus().getAuthenticated())
                .isNotEqualTo(true);
    }

    @Test
    void aPodWithANativeSidecarCompletes() {
        a.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: job}
                spec:
                  restartPolicy: Never
                  terminationGracePeriodSeconds: 1
                  initContainers:
                  - name: side
                    image: vpnmesh.io/lab/client:1
                    imagePullPolicy: Never
                    restartPolicy: Always
                    command: [sh, -c, "trap 'exit 0' TERM; while :; do sleep 1; done"]
                  containers:
                  - name: app
                    image: vpnmesh.io/lab/client:1
                    imagePullPolicy: Never
                    command: ["true"]
                """);

        a.kubectl("wait", "pod/job", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=40s")
                .orThrow();
    }

    @Test
    void aContainerWithMknodMakesATunDeviceAndAnotherWithoutAnyCapabilityOpensIt() {
        a.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: tun}
                spec:
                  restartPolicy: Never
                  volumes: [{name: dev, emptyDir: {medium: Memory}}]
                  initContainers:
                  - name: setup
                    image: vpnmesh.io/lab/client:1
                    imagePullPolicy: Never
                    command: [sh, -c, "mknod /dev-net/tun c 10 200 && chmod 666 /dev-net/tun"]
                    securityContext: {capabilities: {drop: [ALL], add: [NET_ADMIN, MKNOD]}}
                    volumeMounts: [{name: dev, mountPath: /dev-net}]
                  containers:
                  - name: app
                    image: vpnmesh.io/lab/client:1
                    imagePullPolicy: Never
                    command: [sh, -c, "exec 3<>/dev-net/tun; grep CapEff /proc/self/status"]
                    securityContext:
                      runAsUser: 21357
                      runAsNonRoot: true
                      readOnlyRootFilesystem: true
                      allowPrivilegeEscalation: false
                      capabilities: {drop: [ALL]}
                      seccompProfile: {type: RuntimeDefault}
                    volumeMounts: [{name: dev, mountPath: /dev-net}]
                """);

        a.kubectl("wait", "pod/tun", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=40s")
                .orThrow();

        assertThat(a.kubectl("logs", "tun", "-c", "app").orThrow()).matches("CapEff:\\s+0{16}");
    }

    private static String runPod(Cluster cluster, String name, String command) {
        cluster.apply("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s}
                spec:
                  restartPolicy: Never
                  containers:
                  - name: app
                    image: vpnmesh.io/lab/client:1
                    imagePullPolicy: Never
                    command: [sh, -c, "%s"]
                """.formatted(name, command));
        cluster.kubectl("wait", "pod/" + name, "--for=jsonpath={.status.phase}=Succeeded", "--timeout=40s")
                .orThrow();
        return cluster.kubectl("logs", name).orThrow();
    }

    private String balancerAddress() {
        return a.kubectl(
                        "wait",
                        "service/web-public",
                        "--for=jsonpath={.status.loadBalancer.ingress[0].ip}",
                        "--timeout=20s",
                        "-o",
                        "jsonpath={.status.loadBalancer.ingress[0].ip}")
                .orThrow();
    }

    private TokenReview review(String token, String audience) {
        return a.client()
                .resource(new TokenReviewBuilder()
                        .withNewSpec()
                        .withToken(token)
                        .withAudiences(audience)
                        .endSpec()
                        .build())
                .create();
    }
}
