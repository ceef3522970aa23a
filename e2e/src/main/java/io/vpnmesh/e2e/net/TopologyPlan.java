// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// The one description of a lab: which sites there are, and every name and address in it. Public addresses come from
/// the documentation ranges (RFC 5737); all sites use the **same** private ranges, on purpose.
///
/// @param prefix starts each namespace's name, such as `vm1`
/// @param sites  in order; at most [#MAX_SITES]
public record TopologyPlan(String prefix, List<SitePlan> sites) {
    /// A /27 of 198.51.100.0/24 each.
    public static final int MAX_SITES = 8;

    public static final String STUN_ADDRESS = "192.0.2.10";
    public static final String STUN_SECOND_ADDRESS = "192.0.2.11";
    public static final int STUN_PORT = 3478;
    /// The other port of RFC 5780.
    public static final int STUN_SECOND_PORT = 3479;

    /// The segment of hosts with a public address: `.1` is the internet's router.
    static final String HOSTS_GATEWAY = "192.0.2.1";

    static final int FIRST_FREE_HOST = 20;
    private static final int ADDRESSES_PER_SITE = 32;
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]{0,4}");

    public TopologyPlan {
        sites = List.copyOf(sites);
    }

    /// Errors: IllegalArgumentException for no or too many sites, a name given twice, or one that is not
    /// `[a-z][a-z0-9]{0,4}`.
    public static TopologyPlan of(String prefix, List<String> names) {
        if (names.isEmpty() || names.size() > MAX_SITES) {
            throw new IllegalArgumentException("%d sites: there must be 1 to %d".formatted(names.size(), MAX_SITES));
        }
        if (new HashSet<>(names).size() != names.size()) {
            throw new IllegalArgumentException("a site is named twice in " + names);
        }
        return new TopologyPlan(
                prefix,
                IntStream.range(0, names.size())
                        .mapToObj(i -> site(prefix, i, names.get(i)))
                        .toList());
    }

    /// One site, seen from outside and from inside.
    ///
    /// @param index       its place in the list, from 0
    /// @param gateway     the internet's end of the link to the site
    /// @param external    the NAT's own public address, on its interface `wan`
    /// @param balancers   public addresses that a cloud would give to Services of type LoadBalancer; routed to the
    /// NAT, not owned by it
    public record SitePlan(
            String prefix,
            int index,
            String name,
            String gateway,
            String external,
            String balancerRange,
            List<String> balancers) {
        public static final String LAN_GATEWAY = "10.1.0.1";
        public static final String NODE_ADDRESS = "10.1.0.2";
        public static final String LAN_PREFIX = "10.1.0.0/24";
        public static final String POD_RANGE = "10.244.0.0/16";
        public static final String SERVICE_RANGE = "10.96.0.0/16";

        public SitePlan {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException(
                        "site name %s: use a letter and up to four letters or digits".formatted(name));
            }
            balancers = List.copyOf(balancers);
        }

        public String routerNamespace() {
            return prefix + "-" + name + "-nat";
        }

        public String nodeNamespace() {
            return prefix + "-" + name + "-node";
        }

        /// The internet's interface towards the site.
        public String uplink() {
            return "to-" + name;
        }
    }

    public String internetNamespace() {
        return prefix + "-inet";
    }

    public String stunNamespace() {
        return prefix + "-stun";
    }

    private static SitePlan site(String prefix, int index, String name) {
        var first = index * ADDRESSES_PER_SITE;
        var balancers = IntStream.range(first + 1, first + ADDRESSES_PER_SITE - 1)
                .mapToObj(last -> "203.0.113." + last)
                .toList();
        return new SitePlan(
                prefix,
                index,
                name,
                "198.51.100." + (first + 1),
                "198.51.100." + (first + 2),
                "203.0.113." + first + "/27",
                balancers);
    }
}
