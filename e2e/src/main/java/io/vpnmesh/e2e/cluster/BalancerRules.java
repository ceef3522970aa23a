// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import java.util.Collection;
import java.util.stream.Collectors;

/// The load balancer's nftables rules on a site's router. They own the table `ip balancer` and come before the NAT's,
/// in both directions, so they hold under any NAT behaviour, and also after the router has forgotten its connections
/// and the first packet it sees is an answer.
final class BalancerRules {
    /// @param protocol `tcp` or `udp`
    /// @param node     the node's address; the client's own address is kept
    record Forwarding(String address, String protocol, int port, String node, int nodePort) {}

    private BalancerRules() {}

    /// One transaction that replaces what was there.
    static String render(Collection<Forwarding> forwardings) {
        var in = forwardings.stream()
                .map(f -> "    iifname \"wan\" ip daddr %s %s dport %d dnat to %s:%d%n"
                        .formatted(f.address(), f.protocol(), f.port(), f.node(), f.nodePort()))
                .sorted()
                .collect(Collectors.joining());
        var out = forwardings.stream()
                .map(f -> "    oifname \"wan\" ip saddr %s %s sport %d snat to %s:%d%n"
                        .formatted(f.node(), f.protocol(), f.nodePort(), f.address(), f.port()))
                .sorted()
                .collect(Collectors.joining());
        return """
                add table ip balancer
                delete table ip balancer
                table ip balancer {
                  chain pre { type nat hook prerouting priority dstnat - 10;
                %s  }
                  chain post { type nat hook postrouting priority srcnat - 10;
                %s  }
                }
                """.formatted(in, out);
    }
}
