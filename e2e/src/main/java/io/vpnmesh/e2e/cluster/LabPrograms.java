// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import java.util.List;

/// The command lines of a node's programs. All listen in the node's own network namespace, so every node uses the
/// usual ports.
final class LabPrograms {
    /// The audience of tokens that name none, and the issuer that TokenReview checks.
    private static final String ISSUER = "https://kubernetes.default.svc";

    private LabPrograms() {}

    static List<String> etcd(LabFiles files) {
        return List.of(
                "--data-dir=" + files.state().resolve("etcd"),
                // The data does not outlive the run.
                "--unsafe-no-fsync",
                "--listen-client-urls=http://127.0.0.1:2379",
                "--advertise-client-urls=http://127.0.0.1:2379",
                "--listen-peer-urls=http://127.0.0.1:2380",
                "--logger=zap",
                "--log-level=warn");
    }

    static List<String> apiServer(LabFiles files) {
        var pki = files.certificates();
        return List.of(
                "--etcd-servers=http://127.0.0.1:2379",
                "--bind-address=0.0.0.0",
                "--secure-port=6443",
                "--advertise-address=" + SitePlan.NODE_ADDRESS,
                "--tls-cert-file=" + pki.resolve("apiserver.crt"),
                "--tls-private-key-file=" + pki.resolve("apiserver.key"),
                "--client-ca-file=" + pki.resolve("ca.crt"),
                "--kubelet-client-certificate=" + pki.resolve("kubelet-client.crt"),
                "--kubelet-client-key=" + pki.resolve("kubelet-client.key"),
                // There is no name service for nodes.
                "--kubelet-preferred-address-types=InternalIP",
                "--token-auth-file=" + files.state().resolve("tokens.csv"),
                "--service-cluster-ip-range=" + SitePlan.SERVICE_RANGE,
                "--service-account-issuer=" + ISSUER,
                "--service-account-key-file=" + pki.resolve("service-account.pub"),
                "--service-account-signing-key-file=" + pki.resolve("service-account.key"),
                "--authorization-mode=Node,RBAC",
                "--enable-admission-plugins=NodeRestriction",
                "--allow-privileged=true",
                "--endpoint-reconciler-type=master-count",
                "--profiling=false");
    }

    static List<String> controllerManager(LabFiles files) {
        return List.of(
                "--kubeconfig=" + files.kubeconfig("system:kube-controller-manager"),
                "--service-account-private-key-file=" + files.certificates().resolve("service-account.key"),
                "--root-ca-file=" + files.certificates().resolve("ca.crt"),
                "--use-service-account-credentials=true",
                "--leader-elect=false",
                "--profiling=false");
    }

    static List<String> scheduler(LabFiles files) {
        return List.of(
                "--kubeconfig=" + files.kubeconfig("system:kube-scheduler"),
                "--leader-elect=false",
                "--profiling=false");
    }

    static List<String> containerd(LabFiles files) {
        return List.of("--config=" + files.state().resolve("containerd.toml"));
    }

    static List<String> kubelet(LabFiles files) {
        return List.of(
                "--config=" + files.state().resolve("kubelet.yaml"),
                "--root-dir=" + files.state().resolve("kubelet"),
                "--cert-dir=" + files.state().resolve("kubelet-pki"),
                "--kubeconfig=" + files.nodeKubeconfig(),
                "--hostname-override=" + files.nodeName(),
                "--node-ip=" + SitePlan.NODE_ADDRESS);
    }

    /// The zeros leave conntrack's sizes alone: they are the machine's, not the namespace's.
    static List<String> proxy(LabFiles files) {
        return List.of(
                "--kubeconfig=" + files.kubeconfig("system:kube-proxy"),
                "--proxy-mode=nftables",
                "--cluster-cidr=" + SitePlan.POD_RANGE,
                "--hostname-override=" + files.nodeName(),
                "--conntrack-max-per-core=0",
                "--conntrack-tcp-timeout-established=0",
                "--conntrack-tcp-timeout-close-wait=0");
    }
}
