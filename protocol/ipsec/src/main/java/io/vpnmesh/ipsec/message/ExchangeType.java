// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

/** Exchange types (RFC 7296 section 3.1, RFC 9242, RFC 9370). */
public final class ExchangeType {

    public static final int IKE_SA_INIT = 34;
    public static final int IKE_AUTH = 35;
    public static final int CREATE_CHILD_SA = 36;
    public static final int INFORMATIONAL = 37;
    /** RFC 5723. */
    public static final int IKE_SESSION_RESUME = 38;

    public static final int IKE_INTERMEDIATE = 43;
    public static final int IKE_FOLLOWUP_KE = 44;

    private ExchangeType() {}
}
