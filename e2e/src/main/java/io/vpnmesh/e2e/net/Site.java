// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import io.vpnmesh.e2e.run.Command;

/// A site as it stands: its NAT router, the namespace of its cluster's node behind it, and the link by which this
/// process (and no
/// packet of the site) reaches the node.
public final class Site {
    private final SitePlan plan;
    private final Namespace router;
    private final Namespace node;
    private final ManagementLink management;
    private volatile NatBehaviour behaviour = NatBehaviour.ENDPOINT_INDEPENDENT;

    Site(SitePlan plan, ManagementLink management) {
        this.plan = plan;
        this.router = new Namespace(plan.routerNamespace());
        this.node = new Namespace(plan.nodeNamespace());
        this.management = management;
    }

    public String name() {
        return plan.name();
    }

    /// Its place among the sites, from 0.
    public int index() {
        return plan.index();
    }

    public SitePlan plan() {
        return plan;
    }

    public Namespace router() {
        return router;
    }

    public Namespace node() {
        return node;
    }

    /// The public address that the NAT gives to what is inside.
    public String externalAddress() {
        return plan.external();
    }

    /// The node's address on the management link: its API server is reached here from the machine's own namespace.
    public String managementAddress() {
        return management.nodeAddress();
    }

    public NatBehaviour behaviour() {
        return behaviour;
    }

    /// Makes a container's network namespace the site's node: the site's links move into it, and [#node()] names it
    /// from then on.
    ///
    /// @param pid of a process in a namespace without any link but loopback
    public void adoptNode(long pid) {
        node.script("ip link set eth0 netns %1$d; ip link set mgmt netns %1$d".formatted(pid));
        Command.of("ip", "netns", "delete", node.name()).orThrow();
        Command.of("ip", "netns", "attach", node.name(), Long.toString(pid)).orThrow();
        configureNode();
    }

    void configureNode() {
        node.script("""
                %s
                ip link set lo up
                ip address add %s/24 dev eth0
                ip link set eth0 up
                ip route add default via %s
                """.formatted(Namespace.FORWARDING, SitePlan.NODE_ADDRESS, SitePlan.LAN_GATEWAY));
        management.configureNode(node);
    }

    /// Switches the NAT: the new rules replace the old at once, and all its state is forgotten. What the
    /// load balancer has opened stays open.
    public void nat(NatBehaviour next) {
        next.apply(router, plan.external());
        behaviour = next;
    }
}
