// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// The configuration files of one lab node, in its state folder.
///
/// @param state    folder of the node; sockets lie in it too, so its path must stay well below 100 characters
/// @param nodeName the Node object's name
/// @param cgroup   the cgroup below which its pods run
record LabFiles(Path state, String nodeName, String cgroup, Tools tools, String snapshotter) {
    static final String PAUSE_IMAGE = "vpnmesh.io/lab/pause:1";

    /// Each has the user and groups that Kubernetes' bootstrap roles expect, so authorization is the real one.
    private static final List<String> USERS = List.of(
            "admin,system:masters",
            "system:kube-controller-manager,",
            "system:kube-scheduler,",
            "system:kube-proxy,system:node-proxier");

    Path certificates() {
        return state.resolve("pki");
    }

    Path kubeconfig(String user) {
        return state.resolve(user.substring(user.indexOf(':') + 1) + ".kubeconfig");
    }

    Path containerdSocket() {
        return state.resolve("containerd.sock");
    }

    /// @param managementAddress under which this process reaches the API server; in-cluster users go over the node's
    /// loopback
    void write(String managementAddress) {
        LabCertificates.write(
                certificates(), List.of("127.0.0.1", SitePlan.NODE_ADDRESS, "10.96.0.1", managementAddress));
        var tokens = new TreeMap<String, String>();
        var users = new java.util.ArrayList<>(USERS);
        users.add("system:node:" + nodeName + ",system:nodes");
        var lines = new StringBuilder();
        for (var user : users) {
            var name = user.substring(0, user.lastIndexOf(','));
            var token = newToken();
            tokens.put(name, token);
            lines.append("%s,%s,%s,\"%s\"%n".formatted(token, name, name, user.substring(user.lastIndexOf(',') + 1)));
        }
        put("tokens.csv", lines.toString());
        tokens.forEach((user, token) -> {
            var host = user.equals("admin") ? managementAddress : "127.0.0.1";
            put(kubeconfig(user).getFileName().toString(), kubeconfigText(host, token));
        });
        put("containerd.toml", containerd());
        put("kubelet.yaml", kubelet());
        put("cni/net.d/10-lab.conflist", CNI.formatted(state, podRangeOfNode()));
    }

    Path nodeKubeconfig() {
        return kubeconfig("system:node:" + nodeName);
    }

    /// A node has a /24 of the cluster's pod range; with one node it is the first.
    static String podRangeOfNode() {
        return SitePlan.POD_RANGE.replace("0.0/16", "0.0/24");
    }

    private static String newToken() {
        var bytes = new byte[24];
        new java.security.SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private String kubeconfigText(String host, String token) {
        return """
                apiVersion: v1
                kind: Config
                clusters:
                - name: lab
                  cluster: {server: "https://%s:6443", certificate-authority: %s}
                users:
                - name: lab
                  user: {token: "%s"}
                contexts:
                - name: %s
                  context: {cluster: lab, user: lab}
                current-context: %s
                """.formatted(host, certificates().resolve("ca.crt"), token, nodeName, nodeName);
    }

    /// restrict_oom_score_adj: a container may lack the capability to lower it, and the lab may run in one.
    private String containerd() {
        return """
                version = 3
                root = "%1$s/containerd"
                state = "%1$s/containerd-run"
                disabled_plugins = ["io.containerd.internal.v1.tracing", "io.containerd.nri.v1.nri"]

                [grpc]
                  address = "%2$s"

                [plugins."io.containerd.cri.v1.images"]
                  snapshotter = "%6$s"
                [plugins."io.containerd.cri.v1.images".pinned_images]
                  sandbox = "%3$s"

                [plugins."io.containerd.cri.v1.runtime"]
                  restrict_oom_score_adj = true
                [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
                  runtime_type = "io.containerd.runc.v2"
                [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
                  BinaryName = "%4$s"
                [plugins."io.containerd.cri.v1.runtime".cni]
                  bin_dirs = ["%5$s"]
                  conf_dir = "%1$s/cni/net.d"

                [plugins."io.containerd.internal.v1.opt"]
                  path = "%1$s/opt"
                """.formatted(state, containerdSocket(), PAUSE_IMAGE, runc(), tools.bin(), snapshotter);
    }

    /// Nothing is evicted and no image is collected: a full disk of the developer's machine is not what is tested.
    private String kubelet() {
        return """
                apiVersion: kubelet.config.k8s.io/v1beta1
                kind: KubeletConfiguration
                authentication:
                  anonymous: {enabled: false}
                  webhook: {enabled: true}
                  x509: {clientCAFile: "%1$s/ca.crt"}
                authorization: {mode: Webhook}
                cgroupDriver: cgroupfs
                cgroupRoot: "%2$s"
                failCgroupV1: false
                failSwapOn: false
                enforceNodeAllocatable: []
                containerRuntimeEndpoint: "unix://%3$s"
                resolvConf: ""
                podLogsDir: "%4$s/pod-logs"
                volumePluginDir: "%4$s/volume-plugins"
                evictionHard: {memory.available: "20Mi", nodefs.available: "1%%", imagefs.available: "1%%"}
                imageGCHighThresholdPercent: 100
                imageGCLowThresholdPercent: 99
                maxPods: 250
                shutdownGracePeriod: 0s
                syncFrequency: 10s
                nodeStatusUpdateFrequency: 5s
                registryPullQPS: 0
                """.formatted(certificates(), cgroup, containerdSocket(), state);
    }

    /// ptp routes every packet: pods of one node need no bridge netfilter for Services. Nothing is
    /// masqueraded on the node: the site's router translates the pods' addresses, so a pod sees exactly that NAT's
    /// behaviour.
    private static final String CNI = """
            {
              "cniVersion": "1.0.0",
              "name": "lab",
              "plugins": [
                {"type": "ptp", "ipMasq": false,
                 "ipam": {"type": "host-local", "dataDir": "%1$s/cni/ipam", "ranges": [[{"subnet": "%2$s"}]],
                          "routes": [{"dst": "0.0.0.0/0"}]}},
                {"type": "portmap", "capabilities": {"portMappings": true}, "backend": "nftables"}
              ]
            }
            """;

    private static String runc() {
        return io.vpnmesh.e2e.run.Machine.onPath("runc").map(Path::toString).orElse("runc");
    }

    private void put(String file, String text) {
        try {
            var path = state.resolve(file);
            Files.createDirectories(path.getParent());
            Files.writeString(path, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What each program needs in its environment; containerd looks for its shim and the CNI plugins for nft on PATH.
    Map<String, String> environment() {
        return Map.of("PATH", tools.bin() + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    }
}
