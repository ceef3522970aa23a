// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vpnmesh.e2e.Lab;
import io.vpnmesh.e2e.image.DebianImage;
import io.vpnmesh.e2e.run.Run;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// K3s in Docker as a site's cluster, where Docker is; elsewhere skipped, with the reason.
@Tag("lab")
class K3sIT {
    private static final ClusterProvider K3S = ClusterProvider.named("k3s");

    @BeforeAll
    static void needsDocker() {
        var obstacle = K3S.obstacle();
        obstacle.ifPresent(reason -> System.err.println("SKIPPED K3sIT: " + reason));
        assumeTrue(obstacle.isEmpty(), obstacle.orElse(""));
    }

    @Test
    void aPodRunsBehindTheSitesNat() {
        try (var lab = Lab.start(Run.open("tk3s", Run.Lifetime.TIED), List.of("a"), K3S, System.out::println)) {
            var cluster = lab.cluster("a");
            cluster.importImage(DebianImage.client().archive(Tools.cache()));
            cluster.apply("""
                    apiVersion: v1
                    kind: Pod
                    metadata: {name: out}
                    spec:
                      restartPolicy: Never
                      containers:
                      - name: app
                        image: vpnmesh.io/lab/client:1
                        imagePullPolicy: Never
                        command: [ip, route]
                    """);

            cluster.kubectl("wait", "pod/out", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=60s")
                    .orThrow();

            assertThat(cluster.kubectl("logs", "out").orThrow()).startsWith("default via 10.244.");
            assertThat(lab.site("a").node().command("ip", "route").orThrow()).startsWith("default via ");
        }
    }
}
