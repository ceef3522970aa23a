// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import io.vpnmesh.e2e.run.Run;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The lab's internet as it stands. Everything in it belongs to the run.
public final class Topology {
    private final Run run;
    private final TopologyPlan plan;
    private final Namespace internet;
    private final Map<String, Site> sites = new LinkedHashMap<>();
    private int hosts;

    private Topology(Run run, TopologyPlan plan) {
        this.run = run;
        this.plan = plan;
        this.internet = Namespace.create(run, plan.internetNamespace());
    }

    /// Builds internet, STUN server and sites; every NAT starts as [NatBehaviour#ENDPOINT_INDEPENDENT].
    ///
    /// @param siteNames short names such as `a`, `b`
    public static Topology create(Run run, List<String> siteNames) {
        var topology = new Topology(run, TopologyPlan.of(run.name(), siteNames));
        topology.buildInternet();
        topology.buildStun();
        topology.plan.sites().forEach(topology::buildSite);
        return topology;
    }

    public TopologyPlan plan() {
        return plan;
    }

    public Run run() {
        return run;
    }

    /// Routes between the sites; rules and captures here see what a provider sees.
    public Namespace internet() {
        return internet;
    }

    public List<Site> sites() {
        return List.copyOf(sites.values());
    }

    public Site site(String name) {
        var site = sites.get(name);
        if (site == null) {
            throw new IllegalArgumentException("no site %s; there are %s".formatted(name, sites.keySet()));
        }
        return site;
    }

    /// Another host with a public address and no NAT.
    public Namespace host(String name) {
        return buildHost(plan.prefix() + "-" + name, List.of("192.0.2." + (TopologyPlan.FIRST_FREE_HOST + hosts++)));
    }

    /// Drops UDP between the two sites' own addresses, both ways; relays behind load-balancer addresses stay reachable.
    public void cut(Site one, Site other) {
        internet.nft("""
                add table ip %1$s
                delete table ip %1$s
                table ip %1$s {
                  chain forw { type filter hook forward priority filter;
                    ip saddr %2$s ip daddr %3$s meta l4proto udp drop
                    ip saddr %3$s ip daddr %2$s meta l4proto udp drop
                  }
                }
                """.formatted(cutTable(one, other), one.externalAddress(), other.externalAddress()));
    }

    /// Ends a [#cut]; does nothing when there is none.
    public void heal(Site one, Site other) {
        internet.nft("add table ip %1$s\ndelete table ip %1$s\n".formatted(cutTable(one, other)));
    }

    private static String cutTable(Site one, Site other) {
        return one.name().compareTo(other.name()) < 0
                ? "cut_" + one.name() + "_" + other.name()
                : "cut_" + other.name() + "_" + one.name();
    }

    private void buildInternet() {
        internet.script("""
                %s
                ip link add hosts type bridge
                ip address add %s/24 dev hosts
                ip link set hosts up
                """.formatted(Namespace.FORWARDING, TopologyPlan.HOSTS_GATEWAY));
    }

    private void buildStun() {
        var addresses = List.of(TopologyPlan.STUN_ADDRESS, TopologyPlan.STUN_SECOND_ADDRESS);
        StunServer.start(run, buildHost(plan.stunNamespace(), addresses));
    }

    private Namespace buildHost(String name, List<String> addresses) {
        var host = Namespace.create(run, name);
        var port = "h" + name.substring(plan.prefix().length());
        internet.script("""
                ip link add %1$s type veth peer name eth0 netns %2$s
                ip link set %1$s master hosts up
                """.formatted(port, name));
        addresses.forEach(address -> host.script("ip address add %s/24 dev eth0".formatted(address)));
        host.script("ip link set eth0 up; ip route add default via " + TopologyPlan.HOSTS_GATEWAY);
        return host;
    }

    private void buildSite(SitePlan site) {
        var router = Namespace.create(run, site.routerNamespace());
        var node = Namespace.create(run, site.nodeNamespace());
        internet.script(
                """
                ip link add %1$s type veth peer name wan netns %2$s
                ip address add %3$s/27 dev %1$s
                ip link set %1$s up
                ip route add %4$s via %5$s dev %1$s
                """.formatted(site.uplink(), router.name(), site.gateway(), site.balancerRange(), site.external()));
        router.script("""
                %s
                ip link add lan type veth peer name eth0 netns %s
                ip address add %s/27 dev wan
                ip address add %s/24 dev lan
                ip link set wan up
                ip link set lan up
                ip route add default via %s
                ip route add blackhole %s
                ip route add %s via %s
                """.formatted(
                        Namespace.FORWARDING,
                        node.name(),
                        site.external(),
                        SitePlan.LAN_GATEWAY,
                        site.gateway(),
                        site.balancerRange(),
                        SitePlan.POD_RANGE,
                        SitePlan.NODE_ADDRESS));
        var management = ManagementLink.create(run, plan.prefix() + "-" + site.name() + "-m", node);
        var built = new Site(site, management);
        built.configureNode();
        built.nat(NatBehaviour.ENDPOINT_INDEPENDENT);
        sites.put(site.name(), built);
    }
}
