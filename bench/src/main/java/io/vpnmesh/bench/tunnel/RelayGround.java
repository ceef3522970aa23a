// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.Run;

/**
 * Two hosts that reach a third one and not each other.
 *
 * @param toLeft address of the hub that the left host reaches
 * @param toRight that the right one reaches
 */
record RelayGround(Ground ends, Namespace hub, String toLeft, String toRight) {

    /** @param name unique in the run, a few letters */
    static RelayGround make(Run run, String name) {
        String prefix = run.name() + "-" + name;
        Namespace left = Ground.end(run, prefix + "-a");
        Namespace right = Ground.end(run, prefix + "-b");
        Namespace hub = Namespace.create(run, prefix + "-m");
        cable(hub, left, "left", "10.99.1.1/24", "10.99.1.2/24");
        cable(hub, right, "right", "10.99.2.1/24", "10.99.2.3/24");
        Ground ends = new Ground(left, right, "10.99.1.2", "10.99.2.3", "10.99.2.1");
        return new RelayGround(ends, hub, "10.99.1.1", "10.99.2.1");
    }

    private static void cable(Namespace hub, Namespace host, String link, String ours, String theirs) {
        hub.script("""
                ip link add %1$s type veth peer name eth0 netns %2$s
                ip addr add %3$s dev %1$s
                ip link set %1$s up
                """.formatted(link, host.name(), ours));
        host.script("""
                ip addr add %s dev eth0
                ip link set eth0 up
                """.formatted(theirs));
    }

    /** As scripts of rivals want it: namespace, both addresses, an address inside. */
    String words(String inner) {
        return String.join(" ", hub.name(), toLeft, toRight, inner);
    }
}
