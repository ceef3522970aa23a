// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

/// How a site's NAT maps and filters UDP (RFC 4787 sections 4.1 and 5). TCP is always mapped and filtered by
/// connection.
/// Hairpinning is off everywhere, so two pods never meet directly by accident.
public enum NatBehaviour {
    /// Endpoint-independent mapping, address and port-dependent filtering: the usual home router.
    ENDPOINT_INDEPENDENT,

    /// Endpoint-independent mapping and filtering ("full cone"): whoever knows the mapping may use it.
    FULL_CONE,

    /// A new random port for each destination ("symmetric"): no address learnt elsewhere is of use.
    SYMMETRIC,

    /// Endpoint-independent mapping, address and port-dependent filtering, but never the port that the inside used.
    RANDOM_PORT,

    /// Nothing but TCP to port 443 gets out.
    UDP_BLOCKED;

    /// Loads the rules on a router and makes it forget all its state, as when a NAT is replaced by another.
    ///
    /// @param external the router's own address on `wan`; its inside interface is `lan`
    public void apply(Namespace router, String external) {
        router.nft(NatRules.of(this, external));
        router.flushConntrack();
    }

    /// Whether two sites with these behaviours can be joined directly by hole punching.
    public boolean canPunch(NatBehaviour other) {
        if (this == UDP_BLOCKED || other == UDP_BLOCKED) {
            return false;
        }
        return this == FULL_CONE || other == FULL_CONE || (this != SYMMETRIC && other != SYMMETRIC);
    }
}
