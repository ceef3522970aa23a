// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e;

import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.cluster.Tools;
import io.vpnmesh.e2e.net.Topology;
import io.vpnmesh.e2e.run.Run;
import java.util.List;

public final class LabMain {
    private LabMain() {}
    public static void main(String... args) throws Exception {
        long t0 = System.nanoTime();
        try (var run = Run.open(args[0], Run.Lifetime.TIED)) {
            var top = Topology.create(run, List.of("a", "b"));
            System.out.println("topology " + (System.nanoTime() - t0) / 1_000_000);
            var tools = Tools.located();
            List.of("a", "b").parallelStream().forEach(s -> {
                var n = LabNode.start(run, top.site(s), tools);
                System.out.println(s + " ready " + (System.nanoTime() - t0) / 1_000_000 + " " + n.kubeconfig());
            });
            System.in.read();
        }
        System.out.println("down " + (System.nanoTime() - t0) / 1_000_000);
    }
}
