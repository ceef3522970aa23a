// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

/// The nftables rules of each [NatBehaviour].
final class NatRules {
    private static final String REPLACE = """
            add table ip nat
            delete table ip nat
            add table ip filter
            delete table ip filter
            """;

    /// Endpoint-independent by itself: the kernel reuses the mapping of the same inside address and port for every
    /// destination.
    private static final String MASQUERADE = """
            table ip nat {
              chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
            }
            """;

    private static final String MASQUERADE_RANDOMLY = """
            table ip nat {
              chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade fully-random; }
            }
            """;

    private static final String MASQUERADE_AND_ADMIT_ALL = """
            table ip nat {
              map eim { type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 120s; size 65535; }
              chain pre { type nat hook prerouting priority dstnat;
                iifname "wan" ip daddr $EXTERNAL meta l4proto udp dnat ip to udp dport map @eim
              }
              chain post { type nat hook postrouting priority srcnat;
                oifname "wan" meta l4proto udp update @eim { udp sport timeout 120s : ip saddr . udp sport }
                oifname "wan" masquerade
              }
            }
            """;

    /// The number is a hash: the same inside address and port always get the same outside port.
    private static final String HASH_PORT = """
            table ip nat {
              chain post { type nat hook postrouting priority srcnat;
                oifname "wan" meta l4proto udp snat ip to $EXTERNAL : \
                  jhash ip saddr . udp sport mod 40000 seed 0xbeef offset 20000
                oifname "wan" masquerade
              }
            }
            """;

    /// New flows to the router itself are dropped, never merely left unanswered: an accepted probe of a peer would
    /// occupy the reply tuple of our own flow, which would then get another port, and a NAT that classifies as
    /// endpoint-independent could not be punched.
    private static final String INPUT = """
              chain in { type filter hook input priority filter;
                iifname "wan" ct state new drop
                iifname "lan" ip daddr $EXTERNAL drop
              }
            """;

    /// What the site's load balancer lets in has been translated before.
    private static final String FORWARD_ANSWERS = """
              chain forw { type filter hook forward priority filter;
                iifname "wan" ct status dnat accept
                iifname "wan" ct state new drop
              }
            """;

    private static final String FORWARD_TLS_ONLY = """
              chain forw { type filter hook forward priority filter; policy drop;
                ct status dnat accept
                ct state established,related accept
                iifname "lan" oifname "wan" tcp dport 443 accept
              }
            """;

    private NatRules() {}

    /// One nftables transaction that replaces the rules of any other behaviour. They own the tables `ip nat` and `ip
    /// filter`.
    static String of(NatBehaviour behaviour, String external) {
        var translation = switch (behaviour) {
            case ENDPOINT_INDEPENDENT, UDP_BLOCKED -> MASQUERADE;
            case FULL_CONE -> MASQUERADE_AND_ADMIT_ALL;
            case SYMMETRIC -> MASQUERADE_RANDOMLY;
            case RANDOM_PORT -> HASH_PORT;
        };
        var forward = behaviour == NatBehaviour.UDP_BLOCKED ? FORWARD_TLS_ONLY : FORWARD_ANSWERS;
        return (REPLACE + translation + "table ip filter {\n" + INPUT + forward + "}\n").replace("$EXTERNAL", external);
    }
}
