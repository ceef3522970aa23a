// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.net.NatBehaviour;
import io.vpnmesh.e2e.run.LabException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Facts about a running overlay that a sceptic would ask for.
public final class Facts {
    private static final int SIDECAR_UID = 29173;
    private static final Duration FIRST_PACKET = Duration.ofSeconds(30);

    private final Overlay overlay;

    public Facts(Overlay overlay) {
        this.overlay = overlay;
    }

    /// Three echo requests from the client to the web server's overlay address, waited for.
    public String ping() {
        Member client = overlay.client();
        String address = overlay.web().address();
        return Await.present(
                "an echo from " + address,
                FIRST_PACKET,
                () -> {
                    var result = client.exec("ping", "-c", "3", "-i", "0.3", "-W", "2", address)
                            .run();
                    return result.isSuccess() ? java.util.Optional.of(result.out()) : java.util.Optional.empty();
                },
                () -> String.valueOf(client.status()));
    }

    /// The capability lines of the client's sidecar process, as the kernel shows them.
    public String capabilities() {
        String script = "for s in /proc/[0-9]*/status; do grep -qs '^Uid:[[:space:]]*%d' $s && cat $s; done"
                + " | grep -E '^(Name|Uid|NSpid|Cap|NoNewPrivs|Seccomp)'";
        String lines =
                overlay.b().command("sh", "-c", script.formatted(SIDECAR_UID)).orThrow();
        if (!lines.contains("CapEff:")) {
            throw new LabException("no process of uid " + SIDECAR_UID + " on node b");
        }
        return lines.lines()
                .filter(line -> line.startsWith("Cap"))
                .filter(line -> !line.matches("Cap\\w+:\\s+0+"))
                .findFirst()
                .map(line -> {
                    throw new LabException("the sidecar holds a capability: " + line);
                })
                .map(Object::toString)
                .orElse(lines);
    }

    /// With b's NAT symmetric, looks at the relay's interface and at the wire between the sites while a transfer runs.
    public List<String> captureRelayed(Path folder) {
        Member client = overlay.client();
        Member web = overlay.web();
        overlay.siteB().nat(NatBehaviour.SYMMETRIC);
        ping();
        Film.awaitPath(client, web, "relayed");
        Film.awaitPath(web, client, "relayed");
        String relayAddress = relayAddress();
        String relayInterface = podInterface(overlay.a(), relayAddress);
        cutTrains(relayAddress, relayInterface, true);
        try (Capture relay = Capture.start(
                        overlay.a().site().node(), relayInterface, "ip and udp", folder.resolve("relay.pcap"));
                Capture wire = Capture.start(
                        overlay.siteB().router(), "wan", "ip and not tcp port 443", folder.resolve("wire.pcap"))) {
            client.exec(
                            "curl",
                            "-sS",
                            "--fail",
                            "--max-time",
                            "30",
                            "-r",
                            "0-2000000",
                            "-o",
                            "/dev/null",
                            "http://" + web.address() + "/film.bin")
                    .orThrow();
            Capture.Forwarding forwarding = Capture.forwarding(relay.stop());
            // TCP 443 to the relay is the operator's control connection; everything else must be the pods' own.
            Map<Capture.Kind, Long> kinds =
                    wire.stop().stream().collect(Collectors.groupingBy(Capture.Packet::kind, Collectors.counting()));
            if (forwarding.forwarded() == 0 || forwarding.changed() != 0) {
                throw new LabException(
                        "at the relay: " + forwarding + "; every ESP packet must leave as long as it came");
            }
            if (kinds.containsKey(Capture.Kind.PLAIN)) {
                throw new LabException("on the wire of b there is more than ESP, IKE and STUN: " + kinds);
            }
            return List.of(
                    "at the relay: %d ESP packets in and out, %d with another length"
                            .formatted(forwarding.forwarded(), forwarding.changed()),
                    "on the wire of site b: " + kinds);
        } finally {
            cutTrains(relayAddress, relayInterface, false);
            overlay.siteB().nat(NatBehaviour.ENDPOINT_INDEPENDENT);
        }
    }

    /// With the offload off at both ends of the relay's veth, the kernel cuts trains of datagrams (UDP_SEGMENT) before
    /// a
    /// capture looks, which else would show each train as one long packet.
    private void cutTrains(String relayAddress, String hostInterface, boolean isCut) {
        String feature = "tx-udp-segmentation " + (isCut ? "off" : "on");
        String script = """
                ethtool -K %1$s %3$s
                for pod in /run/netns/*; do
                    if nsenter --net=$pod ip -o -4 address show dev eth0 2>/dev/null | grep -qF ' %2$s/'; then
                        exec nsenter --net=$pod ethtool -K eth0 %3$s
                    fi
                done
                echo "no pod has the address %2$s" >&2
                exit 1
                """;
        overlay.a()
                .command("sh", "-euc", script.formatted(hostInterface, relayAddress, feature))
                .orThrow();
    }

    private String relayAddress() {
        return overlay.a().client().pods().inNamespace(Overlay.MESH_NAMESPACE).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getName().contains("relay"))
                .map(pod -> pod.getStatus().getPodIP())
                .findFirst()
                .orElseThrow(() -> new LabException("no relay pod in " + Overlay.MESH_NAMESPACE));
    }

    private static String podInterface(LabNode node, String address) {
        Namespace namespace = node.site().node();
        String route = namespace.command("ip", "route", "get", address).orThrow();
        int at = route.indexOf(" dev ");
        return route.substring(at + 5).split(" ")[0];
    }
}
