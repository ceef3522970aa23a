// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.transport.TrainForwarder;
import io.vpnmesh.transport.setup.Link;
import io.vpnmesh.transport.setup.LinkSetup;
import io.vpnmesh.transport.setup.NetworkView;
import io.vpnmesh.transport.setup.Offloads;
import io.vpnmesh.transport.setup.SetupException;
import io.vpnmesh.transport.setup.TunSetup;
import java.util.List;
import java.util.Optional;

/** Makes the interface of a plan; what exists already is left alone. */
final class InterfaceMaker {

    private static final System.Logger LOG = System.getLogger(InterfaceMaker.class.getName());

    /** A burst of several flows' windows waits here while the sidecar seals; a packet costs the kernel about 2 KiB. */
    private static final int TX_QUEUE_PACKETS = 4096;

    private final InterfacePlan plan;

    InterfaceMaker(InterfacePlan plan) {
        this.plan = plan;
    }

    /**
     * Errors: SetupException with the fix. Everything that could take something away from the pod was refused before.
     */
    void make(NetworkView before) throws SetupException {
        TunSetup.makeDeviceNode(plan.deviceNode(), plan.ownerUid());
        TunSetup.makePersistent(plan.deviceNode(), plan.name(), plan.ownerUid());
        int mtu = TunnelMtu.of(before, plan.name(), plan.mtu());
        try (LinkSetup setup = LinkSetup.open()) {
            Link link = setup.view()
                    .link(plan.name())
                    .orElseThrow(() -> new SetupException(
                            plan.name() + " was made and is gone: something else in this" + " pod removes interfaces"));
            setup.limitFrames(link, TrainForwarder.slots(EspSealer.sealedBytes(mtu)));
            setup.configureAndRaise(link, mtu, TX_QUEUE_PACKETS);
            boolean v6 = addAddresses(setup, link);
            addRoutes(setup, link, v6);
        }
        LOG.log(
                System.Logger.Level.INFO,
                "event=interface-ready name=" + plan.name() + " mtu=" + mtu + " addresses=" + plan.addresses()
                        + " routes=" + plan.routes());
        enableGro(before);
    }

    private boolean addAddresses(LinkSetup setup, Link link) throws SetupException {
        boolean v6 = true;
        for (IpAddress address : plan.addresses()) {
            if (!setup.addAddress(link, address)) {
                v6 = false;
                LOG.log(
                        System.Logger.Level.WARNING,
                        "event=ipv6-forbidden address=" + address
                                + " reason=\"the node forbids IPv6 in this pod (sysctl net.ipv6.conf.*.disable_ipv6); the IPv6"
                                + " half of the mesh is not reachable from here\"");
            }
        }
        return v6;
    }

    private void addRoutes(LinkSetup setup, Link link, boolean v6) throws SetupException {
        for (Cidr route : plan.routes()) {
            if (route.address().isV4() || v6) {
                setup.addRoute(link, route, sourceFor(route));
            }
        }
    }

    private Optional<IpAddress> sourceFor(Cidr route) {
        List<IpAddress> sources = plan.addresses().stream()
                .filter(address -> address.family() == route.address().family())
                .toList();
        return sources.stream().findFirst();
    }

    /** Without it every datagram of a train arrives alone; where the driver refuses, the tunnel is only slower. */
    private void enableGro(NetworkView view) {
        for (Link link : view.links()) {
            if (!link.up() || link.name().equals("lo") || link.name().equals(plan.name())) {
                continue;
            }
            try {
                Offloads.enableGro(link.name());
                LOG.log(System.Logger.Level.INFO, "event=gro-on link=" + link.name());
            } catch (SetupException e) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        "event=gro-refused link=" + link.name() + " reason=\"" + e.getMessage() + "\"");
            }
        }
    }
}
