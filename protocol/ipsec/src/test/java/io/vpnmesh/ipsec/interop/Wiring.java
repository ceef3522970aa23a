// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

/** What lies between the two ends. */
enum Wiring {
    /** A cable. */
    CABLE,
    /** We stand behind a NAT whose outer address is the one that the peer knows us by. */
    WE_BEHIND_NAT,
    /** The same the other way round. */
    THEY_BEHIND_NAT
}
