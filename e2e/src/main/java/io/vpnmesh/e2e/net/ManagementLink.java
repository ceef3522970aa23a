// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.util.stream.IntStream;

/// A veth between the machine's own namespace and a node, for the test process only. It is no path around the NAT: the
/// node neither
/// forwards to it nor opens a connection over it, and link-local addresses (RFC 3927) have no route beyond it.
///
/// @param link        interface in the machine's own namespace; the node's end is called `mgmt`
public record ManagementLink(String link, String hostAddress, String nodeAddress) {
    private static final String NODE_LINK = "mgmt";
    /// Beyond 169.254.169 and .170, where clouds have their metadata services.
    private static final int FIRST_BLOCK = 192;

    private static final int BLOCKS = 32;

    /// Drops everything but answers to what the machine has opened.
    private static final String GUARD = """
            table inet management {
              chain out { type filter hook output priority filter; oifname "mgmt" ct state new drop; }
              chain forw { type filter hook forward priority filter; oifname "mgmt" drop; iifname "mgmt" drop; }
            }
            """;

    static ManagementLink create(Run run, String link, Namespace node) {
        var addresses = Command.of("ip", "-4", "-o", "address").orThrow();
        var created = IntStream.range(0, BLOCKS * 64)
                .mapToObj(i -> "169.254.%d.%d".formatted(FIRST_BLOCK + i / 64, i % 64 * 4 + 1))
                .filter(host -> !addresses.contains(host + "/"))
                .findFirst()
                .map(host ->
                        new ManagementLink(link, host, host.substring(0, host.lastIndexOf('.') + 1) + (last(host) + 1)))
                .orElseThrow(() -> new LabException("no free link-local block for " + link));
        run.ownsLink(link);
        Command.of(
                        "sh",
                        "-euc",
                        "ip link add %1$s type veth peer name mgmt netns %2$s; ip address add %3$s/30 dev %1$s; ip link set %1$s up"
                                .formatted(link, node.name(), created.hostAddress()))
                .orThrow();
        return created;
    }

    void configureNode(Namespace node) {
        node.nft(GUARD);
        node.script("ip address add %s/30 dev %s; ip link set %s up".formatted(nodeAddress, NODE_LINK, NODE_LINK));
    }

    private static int last(String address) {
        return Integer.parseInt(address.substring(address.lastIndexOf('.') + 1));
    }
}
