// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

/// How a site's NAT maps and filters UDP (RFC 4787 sections 4.1 and 5). TCP is always mapped and filtered by connection.
/// Hairpinning is off everywhere, so two pods never meet directly by accident.
public enum NatBehaviour {
    /// Endpoint-independent mapping, address and port-dependent filtering: the usual home router.
    ENDPOINT_INDEPENDENT(
            """
            table ip nat {
              chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
            }
            """),

    /// Endpoint-independent mapping and filtering ("full cone"): whoever knows the mapping may use it.
    FULL_CONE(
            """
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
            """),

    /// A new random port for each destination ("symmetric"): no address learnt elsewhere is of use.
    SYMMETRIC(
            """
            table ip nat {
              chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade fully-random; }
            }
            """),

    /// Endpoint-independent mapping, address and port-dependent filtering, but never the port that the inside used.
    /// The number is a hash: the same inside address and port always get the same outside port.
    RANDOM_PORT(
            """
            table ip nat {
              chain post { type nat hook postrouting priority srcnat;
                oifname "wan" meta l4proto udp snat ip to $EXTERNAL : jhash ip saddr . udp sport mod 40000 seed 0xbeef offset 20000
                oifname "wan" masquerade
              }
            }
            """),

    /// Nothing but TCP to port 443 gets out.
    UDP_BLOCKED(
            """
            table ip nat {
              chain post { type nat hook postrouting priority srcnat; oifname "wan" masquerade; }
            }
            """);

    /// New flows to the router itself are dropped, never merely left unanswered: an accepted probe of a peer would occupy the reply
    /// tuple of our own flow, which would then get another port, and a NAT that classifies as endpoint-independent could not be punched.
    private static final String INPUT =
            """
              chain in { type filter hook input priority filter;
                iifname "wan" ct state new drop
                iifname "lan" ip daddr $EXTERNAL drop
              }
            """;

    /// What the site's load balancer lets in has been translated before.
    private static final String FORWARD_FILTERED =
            """
              chain forw { type filter hook forward priority filter;
                iifname "wan" ct status dnat accept
                iifname "wan" ct state new drop
              }
            """;

    private static final String FORWARD_TLS_ONLY =
            """
              chain forw { type filter hook forward priority filter; policy drop;
                ct status dnat accept
                ct state established,related accept
                iifname "lan" oifname "wan" tcp dport 443 accept
              }
            """;

    private final String translation;

    NatBehaviour(String translation) {
        this.translation = translation;
    }

    /// The rules as one nftables transaction that replaces those of any other behaviour. They own the tables `ip nat` and `ip filter`.
    ///
    /// @param external the router's own address on `wan`; its inside interface is `lan`
    public String rules(String external) {
        var forward =
                switch (this) {
                    case FULL_CONE, ENDPOINT_INDEPENDENT, SYMMETRIC, RANDOM_PORT -> FORWARD_FILTERED;
                    case UDP_BLOCKED -> FORWARD_TLS_ONLY;
                };
        var replace = "add table ip nat\ndelete table ip nat\nadd table ip filter\ndelete table ip filter\n";
        return (replace + translation + "table ip filter {\n" + INPUT + forward + "}\n").replace("$EXTERNAL", external);
    }

    /// Loads the rules on a router and makes it forget all its state, as when a NAT is replaced by another.
    public void apply(Namespace router, String external) {
        router.nft(rules(external));
        router.flushConntrack();
    }

    /// Whether two sites with these behaviours can be joined directly by hole punching.
    public boolean canPunch(NatBehaviour other) {
        if (this == UDP_BLOCKED || other == UDP_BLOCKED) {
            return false;
        }
        return isEndpointIndependent() && other.isEndpointIndependent() || this == FULL_CONE || other == FULL_CONE;
    }

    private boolean isEndpointIndependent() {
        return this == ENDPOINT_INDEPENDENT || this == FULL_CONE || this == RANDOM_PORT;
    }
}
