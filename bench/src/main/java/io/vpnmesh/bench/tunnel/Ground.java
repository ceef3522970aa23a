// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.Run;

/**
 * The network under one tunnel: two hosts, and what lies between them. Every tunnel has a ground of its own, so that all of
 * them stand at the same time and take turns.
 *
 * @param left where connections come from
 * @param right where servers are
 * @param leftAddress of the left host's eth0
 * @param rightAddress of the right host's eth0
 * @param relayAddress a second address of the right host, for whoever helps the two to meet
 */
record Ground(Namespace left, Namespace right, String leftAddress, String rightAddress, String relayAddress) {

    /** What a packet meets between the hosts. */
    enum Way {
        /** A veth pair: what one host hands over as one big packet arrives as one. It flatters everybody. */
        WHOLE("trains passed on whole"),
        /** A router that cuts: single packets arrive, as a network delivers them. */
        CUT("really cut packets"),
        /** All packets pass a program on a third host: {@link RelayGround}. */
        RELAYED("through a relay");

        final String title;

        Way(String title) {
            this.title = title;
        }
    }

    /**
     * Makes it.
     *
     * @param name unique in the run, a few letters
     */
    static Ground make(Run run, String name, Way way) {
        String prefix = run.name() + "-" + name;
        Namespace left = end(run, prefix + "-a");
        Namespace right = end(run, prefix + "-b");
        return way == Way.WHOLE ? cable(left, right) : router(run, prefix, left, right);
    }

    /**
     * A host at an end. Its TCP is CUBIC, Linux's default, whatever this machine's kernel was built with. A namespace may
     * choose only what the machine allows every user, which without our doing is its own default and Reno.
     */
    static Namespace end(Run run, String name) {
        Command.of("sh", "-euc", """
                allowed=/proc/sys/net/ipv4/tcp_allowed_congestion_control
                grep -qw cubic $allowed || echo "$(cat $allowed) cubic" >$allowed
                """).orThrow();
        Namespace end = Namespace.create(run, name);
        end.script("echo cubic >/proc/sys/net/ipv4/tcp_congestion_control");
        return end;
    }

    private static Ground cable(Namespace left, Namespace right) {
        left.script("ip link add eth0 type veth peer name eth0 netns " + right.name());
        host(left, "10.99.0.2/24", "dev eth0");
        host(right, "10.99.0.3/24", "dev eth0");
        right.script("ip addr add 10.99.0.4/24 dev eth0");
        return new Ground(left, right, "10.99.0.2", "10.99.0.3", "10.99.0.4");
    }

    private static Ground router(Run run, String prefix, Namespace left, Namespace right) {
        Namespace router = Namespace.create(run, prefix + "-m");
        router.script("echo 1 >/proc/sys/net/ipv4/ip_forward");
        port(router, left, "left", "10.99.1.1/24");
        port(router, right, "right", "10.99.2.1/24");
        host(left, "10.99.1.2/24", "via 10.99.1.1");
        host(right, "10.99.2.3/24", "via 10.99.2.1");
        right.script("ip addr add 10.99.2.4/24 dev eth0");
        return new Ground(left, right, "10.99.1.2", "10.99.2.3", "10.99.2.4");
    }

    private static void port(Namespace router, Namespace host, String link, String address) {
        router.script("""
                ip link add %1$s type veth peer name eth0 netns %2$s
                ip addr add %3$s dev %1$s
                ip link set %1$s up
                ethtool -K %1$s tso off gso off gro off tx-udp-segmentation off >/dev/null
                """.formatted(link, host.name(), address));
    }

    private static void host(Namespace host, String address, String gateway) {
        host.script("""
                ip addr add %s dev eth0
                ip link set eth0 up
                ip route add default %s
                ip route add blackhole 10.201.0.0/16 metric 4000
                ip route add blackhole 198.18.0.0/16 metric 4000
                """.formatted(address, gateway));
    }

    /** Both hosts' interfaces join what arrives: off by default on a veth, and what a pod's interface has. */
    void joinArrivingPackets() {
        left.script("ethtool -K eth0 gro on >/dev/null");
        right.script("ethtool -K eth0 gro on >/dev/null");
    }
}
