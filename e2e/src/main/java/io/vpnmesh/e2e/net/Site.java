// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;

/// A site as it stands: its NAT router, the namespace of its cluster's node behind it, and the link by which this process (and no
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

    /// Switches the NAT: the new rules replace the old in one transaction, and all its state is forgotten, as when a NAT is replaced.
    /// What the load balancer has opened stays open.
    public void nat(NatBehaviour next) {
        router.nft(next.rules(plan.external()));
        router.flushConntrack();
        behaviour = next;
    }
}
