// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.net.IpAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NodeConfigTest {

    private static final Map<String, String> POD = Map.of(
            "VPNMESH_OPERATOR_URL", "https://10.96.0.7:443",
            "VPNMESH_OPERATOR_TLS_NAME", "vpnmesh-operator.vpnmesh-system.svc",
            "VPNMESH_POD_IP", "10.244.0.5",
            "VPNMESH_POD_SERVICE_ACCOUNT", "web",
            "PATH", "/usr/bin");

    @Test
    void environmentOfAPodIsEnough() throws ConfigException {
        NodeConfig config = NodeConfig.ofSidecar(Settings.ofEnvironment(POD));

        assertThat(config.control())
                .isEqualTo(new ControlSource.Operator(
                        URI.create("https://10.96.0.7:443"),
                        "vpnmesh-operator.vpnmesh-system.svc",
                        Path.of("/var/run/secrets/vpnmesh.io/token"),
                        Path.of("/var/run/vpnmesh/ca/ca.crt")));
        assertThat(config.udpPort()).isZero();
        assertThat(config.healthPort()).isEqualTo(29901);
        assertThat(config.metricsPort()).isEqualTo(29902);
        assertThat(config.healthAddress()).isEqualTo(IpAddress.parse("10.244.0.5"));
        assertThat(config.pod().serviceAccount()).isEqualTo("web");
        assertThat(config.startupWaits()).isTrue();
    }

    @Test
    void relayListensOnItsWellKnownPorts() throws ConfigException {
        NodeConfig config = NodeConfig.ofRelay(Settings.ofEnvironment(POD));

        assertThat(config.udpPort()).isEqualTo(4500);
        assertThat(config.tlsPort()).isEqualTo(8443);
    }

    @Test
    void fileOutsideKubernetes() throws ConfigException {
        NodeConfig config = NodeConfig.ofSidecar(
                Settings.ofText("identity.dir=/etc/vpnmesh/id\nfeed.file=/etc/vpnmesh/feed\nmtu=1400\n", "node.conf"));

        assertThat(config.control())
                .isEqualTo(new ControlSource.Files(Path.of("/etc/vpnmesh/id"), Path.of("/etc/vpnmesh/feed")));
        assertThat(config.mtu()).isEqualTo(1400);
        assertThat(config.healthAddress()).isEqualTo(IpAddress.parse("127.0.0.1"));
    }

    @Test
    void missingSettingIsNamedAsItsSourceSpellsIt() {
        Map<String, String> environment = new HashMap<>(POD);
        environment.remove("VPNMESH_OPERATOR_TLS_NAME");

        assertThatThrownBy(() -> NodeConfig.ofSidecar(Settings.ofEnvironment(environment)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("VPNMESH_OPERATOR_TLS_NAME");
        assertThatThrownBy(() -> NodeConfig.ofSidecar(Settings.ofText("identity.dir=x", "node.conf")))
                .hasMessageContaining("feed.file")
                .hasMessageContaining("node.conf");
    }

    @Test
    void neitherOrBothSourcesAreRefused() {
        assertThatThrownBy(() -> NodeConfig.ofSidecar(Settings.ofText("mtu=1400", "node.conf")))
                .hasMessageContaining("exactly one of operator.url")
                .hasMessageContaining("identity.dir");
        assertThatThrownBy(() -> NodeConfig.ofSidecar(
                        Settings.ofText("identity.dir=a\nfeed.file=b\noperator.url=https://x", "node.conf")))
                .hasMessageContaining("exactly one of");
    }

    @Test
    void misspelledSettingInAFileIsRefused() {
        assertThatThrownBy(() -> NodeConfig.ofSidecar(
                        Settings.ofText("identity.dir=a\nfeed.file=b\nudp.prot=4500", "node.conf")))
                .hasMessageContaining("udp.prot")
                .hasMessageContaining("udp.port");
    }

    @Test
    void wrongValuesSayWhatToWrite() {
        refused("udp.port=70000", "a number from 0 to 65535");
        refused("udp.port=many", "a number from 0 to 65535");
        refused("startup=later", "wait or background");
        refused("pod.ip=pod", "an IPv4 or IPv6 address");
        refused("log.level=loud", "debug, info, warn or error");
        refused("crypto.suite=rot13", "default or fips");
        refused("mtu=100", "a number from 576");
    }

    private static void refused(String line, String hint) {
        assertThatThrownBy(() ->
                        NodeConfig.ofSidecar(Settings.ofText("identity.dir=a\nfeed.file=b\n" + line, "node.conf")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(line)
                .hasMessageContaining(hint);
    }

    @Test
    void plainHttpIsNoOperator() {
        Map<String, String> environment = new HashMap<>(POD);
        environment.put("VPNMESH_OPERATOR_URL", "http://10.96.0.7");

        assertThatThrownBy(() -> NodeConfig.ofSidecar(Settings.ofEnvironment(environment)))
                .hasMessageContaining("https://ADDRESS:PORT");
    }

    @Test
    void argumentsAreNothingOrAFile() throws ConfigException {
        assertThat(Settings.ofArguments(new String[0], POD).spelled("udp.port")).isEqualTo("VPNMESH_UDP_PORT");
        assertThatThrownBy(() -> Settings.ofArguments(new String[] {"--config", "/nowhere/node.conf"}, POD))
                .hasMessageContaining("/nowhere/node.conf");
        assertThatThrownBy(() -> Settings.ofArguments(new String[] {"--confg", "x"}, POD))
                .hasMessageContaining("--config FILE");
    }
}
