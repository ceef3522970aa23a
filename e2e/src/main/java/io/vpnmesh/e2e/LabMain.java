// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e;

import io.vpnmesh.e2e.cluster.ClusterProvider;
import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.net.NatBehaviour;
import io.vpnmesh.e2e.net.TopologyPlan;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// The lab by hand: clusters behind NATs that stay up until they are taken down.
public final class LabMain {
    private static final String NAME = System.getProperty("vpnmesh.run", "lab");
    private static final List<String> SITES =
            Arrays.asList(System.getProperty("vpnmesh.sites", "a,b").split(","));

    private static final String USAGE = """
            usage: up | down | nat SITE BEHAVIOUR
              up                   start a cluster in each of the sites, print how to use them, stay until Ctrl-C
              up --detach          the same, but return; the load balancer then no longer follows new Services
              nat a symmetric      switch a site's NAT (%s)
              down                 take a detached lab down
            options of the JVM: -Dvpnmesh.run=NAME  -Dvpnmesh.sites=a,b,c  -Dvpnmesh.clusters=lab|k3s
            """;

    private LabMain() {}

    public static void main(String... arguments) throws Exception {
        try {
            switch (String.join(" ", Arrays.asList(arguments).subList(0, Math.min(1, arguments.length)))) {
                case "up" -> up(arguments.length > 1 && arguments[1].equals("--detach"));
                case "down" -> Run.destroy(NAME);
                case "nat" -> nat(arguments);
                default -> {
                    System.err.printf(USAGE, behaviours());
                    System.exit(2);
                }
            }
        } catch (LabException | IllegalArgumentException e) {
            System.err.println("lab: " + e.getMessage());
            System.exit(1);
        }
    }

    private static void up(boolean detach) throws InterruptedException {
        var run = Run.open(NAME, detach ? Run.Lifetime.DETACHED : Run.Lifetime.TIED);
        var provider = ClusterProvider.named(System.getProperty("vpnmesh.clusters", "lab"));
        var lab = Lab.start(run, SITES, provider, line -> System.out.println("lab: " + line));
        for (var cluster : lab.clusters()) {
            System.out.printf(
                    "%ncluster %s%n  export KUBECONFIG=%s%n  kubectl:   %s%n  node:      nsenter --net=%s%n  NAT:       nsenter --net=%s%n",
                    cluster.name(),
                    cluster.kubeconfig(),
                    cluster.kubectlProgram(),
                    lab.site(cluster.name()).node().path(),
                    lab.site(cluster.name()).router().path());
        }
        if (detach) {
            lab.close();
        } else {
            System.out.println("\nCtrl-C takes it down.");
            Thread.currentThread().join();
        }
    }

    private static void nat(String... arguments) {
        if (arguments.length != 3) {
            throw new IllegalArgumentException("use: nat SITE BEHAVIOUR, with one of " + behaviours());
        }
        var behaviour = Arrays.stream(NatBehaviour.values())
                .filter(candidate -> spelled(candidate).equals(arguments[2]))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "unknown behaviour %s: use one of %s".formatted(arguments[2], behaviours())));
        var site = TopologyPlan.of(NAME, SITES).sites().stream()
                .filter(candidate -> candidate.name().equals(arguments[1]))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("no site %s: there are %s".formatted(arguments[1], SITES)));
        behaviour.apply(new Namespace(site.routerNamespace()), site.external());
        System.out.printf("site %s: %s%n", site.name(), spelled(behaviour));
    }

    private static String behaviours() {
        return String.join(
                ", ", Arrays.stream(NatBehaviour.values()).map(LabMain::spelled).toList());
    }

    private static String spelled(NatBehaviour behaviour) {
        return behaviour.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
