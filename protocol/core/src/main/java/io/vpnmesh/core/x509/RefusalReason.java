// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

/** Why a certificate was refused; the message beside it says more. */
public enum RefusalReason {
    /** Not X.509, or not in the shape of this product. */
    MALFORMED,
    /** No known root or intermediate signed it. */
    UNKNOWN_ISSUER,
    /** The intermediate lacks the constraints that a cluster must carry. */
    UNCONSTRAINED_ISSUER,
    /** The intermediate signed names that belong to another cluster. */
    NAME_CONSTRAINT,
    /** The names are not exactly the expected set, or contradict the extensions. */
    WRONG_NAMES,
    /** A key or signature algorithm outside the suites. */
    WEAK_ALGORITHM,
    EXPIRED,
    /** Valid only later: usually the clock of one side is wrong. */
    NOT_YET_VALID,
    /** The cluster, the node's generation or the serial number is revoked. */
    REVOKED,
    /** Valid, but not for what it was shown for. */
    WRONG_ROLE,
    /** The root is not the one that the join token names. */
    WRONG_ROOT
}
