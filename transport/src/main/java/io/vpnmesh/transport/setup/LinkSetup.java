// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.util.Optional;

/**
 * Changes interfaces of this network namespace; needs CAP_NET_ADMIN. Every call may be repeated: what is there already
 * is left as it is. One thread.
 */
public final class LinkSetup implements AutoCloseable {

    private static final int RTM_NEWLINK = 16;
    private static final int RTM_NEWADDR = 20;
    private static final int RTM_NEWROUTE = 24;

    private static final int IFLA_MTU = 4;
    private static final int IFLA_TXQLEN = 13;
    private static final int IFLA_AF_SPEC = 26;
    private static final int IFLA_GSO_MAX_SEGS = 40;
    private static final int IFLA_INET6_ADDR_GEN_MODE = 8;
    private static final int ADDR_GEN_NONE = 1;
    private static final int IFF_UP = 1;

    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int IFA_FLAGS = 8;
    private static final int IFA_F_NODAD = 2;

    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_PREFSRC = 7;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTPROT_STATIC = 4;
    private static final int RT_SCOPE_UNIVERSE = 0;
    private static final int RT_SCOPE_LINK = 253;
    private static final int RTN_UNICAST = 1;

    private final Netlink netlink;

    private LinkSetup(Netlink netlink) {
        this.netlink = netlink;
    }

    public static LinkSetup open() throws SetupException {
        return new LinkSetup(Netlink.open());
    }

    public NetworkView view() throws SetupException {
        return NetworkView.read(netlink);
    }

    /** Sets MTU and transmit queue, keeps the kernel from making link-local addresses, and takes the link up. */
    public void configureAndRaise(Link link, int mtu, int txQueueLength) throws SetupException {
        stopAutomaticAddresses(link);
        check(
                "setting " + link.name() + " up with MTU " + mtu,
                netlink.request(
                        linkMessage(link, IFF_UP).attribute(IFLA_MTU, mtu).attribute(IFLA_TXQLEN, txQueueLength)));
    }

    /**
     * Bounds the packets of one frame that the kernel hands over uncut. Returns false where it does not take a bound
     * (before Linux 4.16).
     */
    public boolean limitFrames(Link link, int packets) throws SetupException {
        return netlink.request(linkMessage(link, 0).attribute(IFLA_GSO_MAX_SEGS, packets)) == 0;
    }

    /** A link-local address would send neighbour and router discovery into the tunnel; a node without IPv6 refuses. */
    private void stopAutomaticAddresses(Link link) throws SetupException {
        NetlinkMessage message = linkMessage(link, 0);
        int spec = message.beginNested(IFLA_AF_SPEC);
        int inet6 = message.beginNested(KernelCalls.AF_INET6);
        message.attribute(IFLA_INET6_ADDR_GEN_MODE, new byte[] {ADDR_GEN_NONE});
        netlink.request(message.endNested(inet6).endNested(spec));
    }

    private static NetlinkMessage linkMessage(Link link, int flags) {
        return new NetlinkMessage(RTM_NEWLINK, NetlinkMessage.F_ACK)
                .i32(0)
                .i32(link.index())
                .i32(flags)
                .i32(flags);
    }

    /**
     * Adds a host address. Returns false where the node forbids IPv6 (sysctl {@code disable_ipv6}, or a kernel without
     * it); every other refusal is an exception.
     */
    public boolean addAddress(Link link, IpAddress address) throws SetupException {
        int error = netlink.request(new NetlinkMessage(
                        RTM_NEWADDR, NetlinkMessage.F_ACK | NetlinkMessage.F_CREATE | NetlinkMessage.F_EXCLUSIVE)
                .u8(family(address))
                .u8(address.bitLength())
                .u8(0)
                .u8(RT_SCOPE_UNIVERSE)
                .i32(link.index())
                .attribute(IFA_LOCAL, address.bytes())
                .attribute(IFA_ADDRESS, address.bytes())
                .attribute(IFA_FLAGS, IFA_F_NODAD));
        if (error == KernelCalls.EEXIST) {
            return true;
        }
        if (!address.isV4() && isMissingIpv6(error)) {
            return false;
        }
        check("adding " + address + " to " + link.name(), error);
        return true;
    }

    /** Adds a route through the link; the same refusal of IPv6 as {@link #addAddress}. */
    public boolean addRoute(Link link, Cidr destination, Optional<IpAddress> source) throws SetupException {
        NetlinkMessage message = new NetlinkMessage(
                        RTM_NEWROUTE, NetlinkMessage.F_ACK | NetlinkMessage.F_CREATE | NetlinkMessage.F_EXCLUSIVE)
                .u8(family(destination.address()))
                .u8(destination.length())
                .u8(0)
                .u8(0)
                .u8(RT_TABLE_MAIN)
                .u8(RTPROT_STATIC)
                .u8(destination.address().isV4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE)
                .u8(RTN_UNICAST)
                .i32(0)
                .attribute(RTA_DST, destination.address().bytes())
                .attribute(RTA_OIF, link.index());
        source.ifPresent(address -> message.attribute(RTA_PREFSRC, address.bytes()));
        int error = netlink.request(message);
        if (error == KernelCalls.EEXIST && view().routes().contains(new Route(destination, link.index()))) {
            return true;
        }
        if (!destination.address().isV4() && isMissingIpv6(error)) {
            return false;
        }
        check("adding the route " + destination + " through " + link.name(), error);
        return true;
    }

    private static boolean isMissingIpv6(int error) {
        return error == KernelCalls.EACCES || error == KernelCalls.EOPNOTSUPP || error == KernelCalls.EAFNOSUPPORT;
    }

    private static int family(IpAddress address) {
        return address.isV4() ? KernelCalls.AF_INET : KernelCalls.AF_INET6;
    }

    private static void check(String what, int error) throws SetupException {
        if (error == KernelCalls.EPERM) {
            throw new SetupException(what + ": EPERM; the setup container needs the capability NET_ADMIN");
        }
        if (error != 0) {
            throw new SetupException(what, error);
        }
    }

    @Override
    public void close() {
        netlink.close();
    }
}
