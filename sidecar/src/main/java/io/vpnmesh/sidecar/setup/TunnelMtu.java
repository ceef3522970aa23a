// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.transport.setup.Link;
import io.vpnmesh.transport.setup.LinkAddress;
import io.vpnmesh.transport.setup.NetworkView;

/**
 * The interface's MTU: what is left of an outer packet behind IP, UDP 8, ESP 16, trailer and ICV. Frozen for the pod's
 * life, because only set-up may change it.
 */
final class TunnelMtu {

    /** IPv4 20 + UDP 8 + SPI, sequence and IV 16 + at most 2 of trailer + ICV 16; the padding fits 1500 exactly. */
    private static final int OVERHEAD_V4 = 62;

    private static final int OVERHEAD_V6 = 82;
    /** RFC 8200 section 5: nothing smaller may carry IPv6. */
    private static final int MIN = 1280;

    private static final int DEFAULT_OUTER = 1500;

    private TunnelMtu() {}

    /** Units: bytes. {@code wanted} 0 means: from the outer interfaces. */
    static int of(NetworkView view, String meshLink, int wanted) {
        if (wanted != 0) {
            return wanted;
        }
        int outer = view.links().stream()
                .filter(link ->
                        link.up() && !link.name().equals("lo") && !link.name().equals(meshLink))
                .mapToInt(Link::mtu)
                .filter(mtu -> mtu > 0)
                .min()
                .orElse(DEFAULT_OUTER);
        return Math.max(MIN, outer - (mayCarryV6(view, meshLink) ? OVERHEAD_V6 : OVERHEAD_V4));
    }

    private static boolean mayCarryV6(NetworkView view, String meshLink) {
        int mesh = view.link(meshLink).map(Link::index).orElse(-1);
        return view.addresses().stream()
                .filter(address -> address.linkIndex() != mesh)
                .map(LinkAddress::address)
                .anyMatch(TunnelMtu::isGlobalV6);
    }

    private static boolean isGlobalV6(IpAddress address) {
        return !address.isV4() && !address.isLoopback() && !address.isLinkLocal();
    }
}
