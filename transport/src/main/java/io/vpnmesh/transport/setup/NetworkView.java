// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the network namespace of this process holds at one moment. */
public record NetworkView(List<Link> links, List<LinkAddress> addresses, List<Route> routes) {

    private static final int RTM_GETLINK = 18;
    private static final int RTM_GETADDR = 22;
    private static final int RTM_GETROUTE = 26;
    private static final int IFINFOMSG_BYTES = 16;
    private static final int IFADDRMSG_BYTES = 8;
    private static final int RTMSG_BYTES = 12;

    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int IFF_UP = 1;
    private static final int IFA_ADDRESS = 1;
    private static final int IFA_LOCAL = 2;
    private static final int RTA_DST = 1;
    private static final int RTA_OIF = 4;
    private static final int RTA_TABLE = 15;
    private static final int RT_TABLE_MAIN = 254;
    private static final int RTN_UNICAST = 1;

    public NetworkView {
        links = List.copyOf(links);
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
    }

    public static NetworkView read() throws SetupException {
        try (Netlink netlink = Netlink.open()) {
            return read(netlink);
        }
    }

    static NetworkView read(Netlink netlink) throws SetupException {
        List<Link> links = new ArrayList<>();
        netlink.dump("interfaces", dumpOf(RTM_GETLINK, IFINFOMSG_BYTES), (_, payload) -> links.add(link(payload)));
        List<LinkAddress> addresses = new ArrayList<>();
        netlink.dump(
                "addresses",
                dumpOf(RTM_GETADDR, IFADDRMSG_BYTES),
                (_, payload) -> address(payload).ifPresent(addresses::add));
        List<Route> routes = new ArrayList<>();
        netlink.dump(
                "routes",
                dumpOf(RTM_GETROUTE, RTMSG_BYTES),
                (_, payload) -> route(payload).ifPresent(routes::add));
        return new NetworkView(links, addresses, routes);
    }

    public Optional<Link> link(String name) {
        return links.stream().filter(link -> link.name().equals(name)).findFirst();
    }

    public Optional<Link> link(int index) {
        return links.stream().filter(link -> link.index() == index).findFirst();
    }

    private static NetlinkMessage dumpOf(int type, int familyHeaderBytes) {
        NetlinkMessage message = new NetlinkMessage(type, NetlinkMessage.F_DUMP);
        for (int i = 0; i < familyHeaderBytes; i += 4) {
            message.i32(0);
        }
        return message;
    }

    private static Link link(ByteBuffer payload) {
        Map<Integer, ByteBuffer> attributes = Netlink.attributes(payload, IFINFOMSG_BYTES);
        ByteBuffer mtu = attributes.get(IFLA_MTU);
        return new Link(
                payload.getInt(4),
                text(attributes.get(IFLA_IFNAME)),
                mtu == null ? 0 : mtu.getInt(0),
                (payload.getInt(8) & IFF_UP) != 0);
    }

    private static Optional<LinkAddress> address(ByteBuffer payload) {
        Map<Integer, ByteBuffer> attributes = Netlink.attributes(payload, IFADDRMSG_BYTES);
        // On a point-to-point interface IFA_ADDRESS is the other end's.
        ByteBuffer own = attributes.getOrDefault(IFA_LOCAL, attributes.get(IFA_ADDRESS));
        if (own == null) {
            return Optional.empty();
        }
        return ip(own).map(address -> new LinkAddress(payload.getInt(4), address, payload.get(1) & 0xFF));
    }

    private static Optional<Route> route(ByteBuffer payload) {
        Map<Integer, ByteBuffer> attributes = Netlink.attributes(payload, RTMSG_BYTES);
        ByteBuffer table = attributes.get(RTA_TABLE);
        int tableId = table == null ? payload.get(4) & 0xFF : table.getInt(0);
        if (tableId != RT_TABLE_MAIN || payload.get(7) != RTN_UNICAST) {
            return Optional.empty();
        }
        ByteBuffer destination = attributes.get(RTA_DST);
        IpAddress any = payload.get(0) == KernelCalls.AF_INET6 ? new IpAddress(6, 0, 0) : IpAddress.ANY_V4;
        ByteBuffer link = attributes.get(RTA_OIF);
        return (destination == null ? Optional.of(any) : ip(destination))
                .map(address ->
                        new Route(Cidr.around(address, payload.get(1) & 0xFF), link == null ? 0 : link.getInt(0)));
    }

    private static Optional<IpAddress> ip(ByteBuffer value) {
        if (value.limit() != 4 && value.limit() != 16) {
            return Optional.empty();
        }
        byte[] bytes = new byte[value.limit()];
        value.get(0, bytes);
        return Optional.of(IpAddress.of(bytes));
    }

    private static String text(@org.jspecify.annotations.Nullable ByteBuffer value) {
        if (value == null) {
            return "";
        }
        byte[] bytes = new byte[Math.max(0, value.limit() - 1)];
        value.get(0, bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }
}
