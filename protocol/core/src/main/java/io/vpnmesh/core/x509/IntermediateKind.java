// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

/** The two certificates over a cluster's one intermediate key. */
public enum IntermediateKind {
    /** Critical constraints on IP, DNS and URI names; the only kind that our own verifier accepts. */
    FULL,
    /**
     * A critical constraint on DNS names only, which are the ones that foreign peers know us by. Stock strongSwan refuses
     * every leaf with a URI below a constraint on URIs, which it cannot match; others cannot parse one on addresses.
     */
    FOREIGN
}
