// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// `make demo`: shows the main job to a person. With KEEP=1 everything stays up and the commands to look around are
/// printed.
public final class Demo {
    private static final String RUN = "demo";

    private Demo() {}

    public static void main(String... arguments) {
        boolean keep = "1".equals(System.getenv("KEEP"));
        try {
            if (List.of(arguments).contains("down")) {
                Run.destroy(RUN);
                return;
            }
            play(keep);
        } catch (LabException e) {
            System.err.println("demo: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void play(boolean keep) {
        Product product = Product.here();
        Progress progress = new Progress();
        try (Run run = Run.open(RUN, keep ? Run.Lifetime.DETACHED : Run.Lifetime.TIED)) {
            Overlay overlay = Overlay.start(run, product, progress);
            Facts facts = new Facts(overlay);
            progress.step("client pings web over the overlay", facts::ping);
            progress.step("the path becomes direct, both ways", () -> bothDirect(overlay));
            System.out.println();
            table(overlay);
            System.out.println();
            System.out.println("The sidecar's process, seen from its node (/proc/1/status in the container):");
            System.out.println(facts.capabilities().indent(2));
            Film.Outcome film = new Film(overlay, progress).play();
            System.out.println();
            facts.captureRelayed(run.folder("capture")).forEach(line -> System.out.println("  " + line));
            System.out.println();
            System.out.printf(
                    Locale.ROOT,
                    "One TCP connection, %d MiB, two switches: longest gap %s to the relay, %s back to direct.%n",
                    film.download().bytes() >> 20,
                    Film.shown(film.toRelay()),
                    Film.shown(film.toDirect()));
            bothDirect(overlay);
            System.out.println("And now, with b's NAT endpoint-independent again:");
            System.out.println();
            table(overlay);
            if (keep) {
                lookAround(overlay);
            }
        }
    }

    private static void bothDirect(Overlay overlay) {
        Film.awaitPath(overlay.client(), overlay.web(), "direct");
        Film.awaitPath(overlay.web(), overlay.client(), "direct");
    }

    private static void table(Overlay overlay) {
        List<String[]> rows = new ArrayList<>();
        rows.add(new String[] {"POD", "CLUSTER", "OVERLAY ADDRESS", "PATH TO THE OTHER", "WHY", "ROUND TRIP"});
        Member web = overlay.web();
        Member client = overlay.client();
        Stream.of(new Member[][] {{web, client}, {client, web}}).forEach(pair -> {
            SidecarStatus.Peer peer = pair[0].pathTo(pair[1])
                    .orElseThrow(() -> new LabException(pair[0].pod() + " does not list its peer"));
            rows.add(new String[] {
                pair[0].pod(),
                pair[0].cluster().name(),
                pair[0].address(),
                String.valueOf(peer.path()),
                peer.reason() == null || peer.reason().isEmpty() ? "-" : peer.reason(),
                String.format(Locale.ROOT, "%.2f ms", peer.rttMs())
            });
        });
        for (String[] row : rows) {
            System.out.printf("  %-28s %-8s %-17s %-18s %-22s %s%n", (Object[]) row);
        }
    }

    private static void lookAround(Overlay overlay) {
        Path tools = overlay.a().kubectlProgram().getParent();
        System.out.println();
        System.out.println("Everything is still running. To look around:");
        overlay.nodes()
                .forEach(node -> System.out.printf(
                        "  export KUBECONFIG=%s PATH=%s:$PATH; kubectl get vm,vp,vc,pods -A%n",
                        node.kubeconfig(), tools));
        System.out.println(
                "  e2e/run-demo nat b symmetric   (or endpoint-independent, …)      switches the NAT of a site");
        System.out.println("  e2e/run-demo down                                             takes everything down");
    }
}
