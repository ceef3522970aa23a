// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.run.Run;
import java.util.Optional;

/// One way to get a cluster into a site.
public interface ClusterProvider {
    /// For messages, such as `lab node`.
    String name();

    /// Why it cannot be used on this machine, with the fix; empty when it can.
    Optional<String> obstacle();

    /// Starts (or connects to) a cluster behind the site's NAT and returns when its node is Ready. The run closes it.
    Cluster start(Run run, Site site);

    /// By name: `lab` (real programs in namespaces), `k3s` (K3s in Docker), or kubeconfig files of existing clusters,
    /// one per site in order, as `kubeconfig:/path/a,/path/b`.
    static ClusterProvider named(String name) {
        if (name.startsWith("kubeconfig:")) {
            return ExistingKubeconfig.of(name.substring("kubeconfig:".length()));
        }
        return switch (name) {
            case "lab" -> new LabNodes();
            case "k3s" -> new K3sContainers();
            default ->
                throw new IllegalArgumentException(
                        "unknown cluster provider %s: use lab, k3s or kubeconfig:FILE,…".formatted(name));
        };
    }
}
