// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vpnmesh.e2e.cluster.LabNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/// What a node or a network may do to set-up, on a real node. At first the operator is out of reach for all new pods,
/// so
/// that their set-up waits while its world is changed by hand; then each pod in turn is let through, but the last one.
@TwoClusters
@Order(TwoClusters.LAST + 3)
class SetupTroubleIT {
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final int ATTEMPTS = 4;
    private static final String DEVICE = "/var/run/vpnmesh/dev/tun";

    private static final String NO_POLICY = "no-policy";
    private static final String NO_IPV6 = "no-ipv6";
    private static final String NO_DRIVER = "no-driver";
    private static final String BLOCKED = "blocked";

    private final Overlay overlay;
    private final LabNode node;
    private final NodeHands hands;
    private boolean devicesCanBeChanged;

    SetupTroubleIT(Overlay overlay) {
        this.overlay = overlay;
        this.node = overlay.b();
        this.hands = new NodeHands(node);
    }

    /// As a NetworkPolicy does it: connections to the operator's pods are dropped on their way, except from allowed
    /// pods.
    @BeforeAll
    void putTheOperatorOutOfReach() {
        ShortInvite.begin(overlay); // BadInviteIT needs it when it is over
        devicesCanBeChanged = Files.isDirectory(Path.of("/sys/fs/cgroup/devices"));
        node.site().node().nft("""
                table ip netpolicy {
                  set allowed { type ipv4_addr; }
                  chain forw {
                    type filter hook forward priority filter;
                    ip daddr %s tcp dport 8443 ct state new ip saddr != @allowed drop
                  }
                }
                """.formatted(operatorAddress()));
        create(NO_POLICY); // it takes half a minute, in which the others get their turn
    }

    @AfterAll
    void takeThePolicyAway() {
        node.site().node().command("nft", "delete", "table", "ip", "netpolicy").run();
        Stream.of(NO_POLICY, NO_IPV6, NO_DRIVER, BLOCKED)
                .filter(name -> Pods.find(node, Overlay.SHOP, name).isPresent())
                .forEach(name -> Pods.delete(node, Overlay.SHOP, name));
    }

    @Test
    @Order(1)
    void aRuntimeWhoseDeviceCgroupBlocksTunIsNamedWithTheVersionThatDoesNot() {
        assumeDevicesCanBeChanged();

        String words = wordsAfter(
                BLOCKED, pid -> hands.shell("echo 'c 10:200 rw' > %s/devices.deny".formatted(devicesCgroup(pid))));

        assertThat(words)
                .isEqualTo("vpnmesh-sidecar: opening " + DEVICE
                        + ": EPERM; the node's container runtime blocks /dev/net/tun by its device cgroup (runc 1.2.0 to"
                        + " 1.2.3 and some crun versions do). Update runc to 1.2.4 or newer, or allow the device 10:200 rwm"
                        + " in the runtime");
        assertThat(interfaces(BLOCKED)).doesNotContain("mesh0");
    }

    @Test
    @Order(2)
    void aKernelWithoutTunIsNamedWithTheModuleToLoad() {
        assumeDevicesCanBeChanged();

        // A number that no driver has: the kernel answers as it does for 10:200 without the module.
        String words = wordsAfter(
                NO_DRIVER,
                pid -> hands.shell("echo 'c 10:250 rw' > %1$s/devices.allow; [ -e %2$s ] || mknod -m 666 %2$s c 10 250"
                        .formatted(devicesCgroup(pid), "/proc/" + pid + "/root" + DEVICE)));

        assertThat(words)
                .isEqualTo("vpnmesh-sidecar: opening " + DEVICE
                        + ": the node's kernel has no TUN driver; load it with: modprobe tun");
        assertThat(interfaces(NO_DRIVER)).doesNotContain("mesh0");
    }

    @Test
    @Order(3)
    void anIpv6ThatIsForbiddenIsReportedAndTheRestWorks() {
        create(NO_IPV6);
        hands.inNetworkOf(
                hands.running(Overlay.SHOP, NO_IPV6, Pods.SETUP).pid(),
                "sysctl",
                "-qw",
                "net.ipv6.conf.all.disable_ipv6=1",
                "net.ipv6.conf.default.disable_ipv6=1");
        allow(NO_IPV6);

        Member member = overlay.member(node, NO_IPV6);

        assertThat(log(NO_IPV6, Pods.SETUP))
                .contains("event=ipv6-forbidden")
                .contains("sysctl net.ipv6.conf.*.disable_ipv6");
        Await.until(
                "an answer over IPv4",
                MINUTE,
                () -> member.exec("ping", "-c", "1", "-W", "1", overlay.web().address())
                        .run()
                        .isSuccess(),
                () -> log(NO_IPV6, Pods.SIDECAR));
    }

    @Test
    @Order(4)
    void anOperatorOutOfReachIsNamedWithThePolicyToAllow() {
        String words = Pods.setupsLastWords(node, Overlay.SHOP, NO_POLICY);

        assertThat(words)
                .startsWith("vpnmesh-sidecar: could not get an address from the operator at https://")
                .contains("If a NetworkPolicy selects this pod, allow egress to TCP 8443 of the operator's pods")
                .contains("Service port 443");
        assertThat(words).containsPattern("within (2[0-9]|30) s");
        assertThat(interfaces(NO_POLICY)).doesNotContain("mesh0");
    }

    @Test
    @Order(5)
    void thePodThatWaitedJoinsByItselfOnceThePolicyIsThere() {
        allow(NO_POLICY);

        assertThat(overlay.member(node, NO_POLICY).address()).isNotBlank();
    }

    /// Version 2 of cgroups has no such files, and a program for its devices would be one of ours.
    private void assumeDevicesCanBeChanged() {
        assumeTrue(devicesCanBeChanged, "this machine has no cgroup v1 hierarchy for devices");
    }

    private String operatorAddress() {
        return node.client().pods().inNamespace(Product.OPERATOR_NAMESPACE).list().getItems().stream()
                .map(pod -> pod.getStatus().getPodIP())
                .findFirst()
                .orElseThrow();
    }

    /// Changes the world of a set-up while it waits, and then lets it through to the operator. On a machine so slow
    /// that
    /// set-up has given up before, the next attempt is caught.
    private String wordsAfter(String pod, Consumer<String> change) {
        create(pod);
        for (int attempt = 0; ; attempt++) {
            NodeHands.Running setup = hands.running(Overlay.SHOP, pod, Pods.SETUP);
            change.accept(setup.pid());
            allow(pod);
            String words = Pods.setupsLastWords(node, Overlay.SHOP, pod, setup.id());
            if (attempt == ATTEMPTS || !words.contains("could not get an address")) {
                return words;
            }
            forbid(pod);
        }
    }

    private String devicesCgroup(String pid) {
        return hands.shell("echo /sys/fs/cgroup/devices$(sed -n 's/.*:devices://p' /proc/%s/cgroup)".formatted(pid));
    }

    private void create(String pod) {
        node.apply(Pods.idle(Overlay.SHOP, pod, "{vpnmesh.io/mesh: vpnmesh/demo}"));
    }

    private void allow(String pod) {
        node.site().node().nft("add element ip netpolicy allowed { %s }".formatted(address(pod)));
    }

    private void forbid(String pod) {
        node.site().node().nft("delete element ip netpolicy allowed { %s }".formatted(address(pod)));
    }

    private String address(String pod) {
        return Await.present(
                "the address of pod " + pod,
                MINUTE,
                () -> Pods.find(node, Overlay.SHOP, pod)
                        .map(found -> found.getStatus().getPodIP())
                        .filter(ip -> !ip.isEmpty()),
                () -> "none");
    }

    private String interfaces(String pod) {
        return hands.inNetworkOf(hands.sandbox(Overlay.SHOP, pod).pid(), "ip", "-o", "link");
    }

    private String log(String pod, String container) {
        return node.kubectl("logs", pod, "-n", Overlay.SHOP, "-c", container)
                .run()
                .out();
    }
}
