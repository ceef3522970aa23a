// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** Addresses of this machine and of named servers. */
final class HostAddresses {

    private static final System.Logger LOG = System.getLogger(HostAddresses.class.getName());

    private HostAddresses() {}

    /** Ours outside the mesh: a packet to an overlay address would go through the tunnel that it shall build. */
    static List<IpAddress> list(List<Cidr> mesh) {
        List<IpAddress> found = new ArrayList<>();
        try {
            for (NetworkInterface link : NetworkInterface.networkInterfaces().toList()) {
                if (!link.isUp() || link.isLoopback() || link.isPointToPoint()) {
                    continue;
                }
                link.inetAddresses()
                        .map(address -> IpAddress.of(address.getAddress()))
                        .forEach(found::add);
            }
        } catch (SocketException e) {
            LOG.log(System.Logger.Level.WARNING, "event=interfaces-unreadable reason=\"" + e.getMessage() + "\"");
        }
        return found.stream()
                .filter(address -> !address.isLoopback()
                        && !address.isLinkLocal()
                        && mesh.stream().noneMatch(prefix -> prefix.contains(address)))
                .sorted(Comparator.comparing((IpAddress address) -> !address.isV4())
                        .thenComparing(address -> address))
                .toList();
    }

    /** Looks HOST:PORT up; blocks. Empty when it has no address now. */
    static List<Endpoint> resolve(String server) {
        int colon = server.lastIndexOf(':');
        try {
            String host = server.substring(0, colon);
            int port = Integer.parseInt(server.substring(colon + 1));
            return Arrays.stream(InetAddress.getAllByName(host))
                    .map(address -> new Endpoint(IpAddress.of(address.getAddress()), port))
                    .toList();
        } catch (UnknownHostException e) {
            LOG.log(System.Logger.Level.WARNING, "event=stun-server-unresolved server=" + server);
        } catch (IllegalArgumentException | StringIndexOutOfBoundsException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "event=stun-server-malformed server=" + server + " expected=HOST:PORT");
        }
        return List.of();
    }
}
