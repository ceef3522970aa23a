// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

/** The two certificates over a cluster's one intermediate key. */
public enum IntermediateKind {
    /** Critical constraints on IP, DNS and URI names; the only kind that our own verifier accepts. */
    FULL,
    /** Critical constraints on DNS and URI names only, for foreign peers that refuse a critical IP constraint. */
    FOREIGN
}
