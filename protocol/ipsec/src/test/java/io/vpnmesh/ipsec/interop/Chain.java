// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

/** What is wrong with the certificates, and whose they are. */
enum Chain {
    GOOD,
    /** The leaf was signed by an authority of the same names and another root. */
    OUR_STRANGER,
    THEIR_STRANGER,
    OUR_EXPIRED,
    THEIR_EXPIRED,
    /** The leaf has a name of another cluster than the one whose intermediate has signed it. */
    OUR_NAME_OUTSIDE,
    /** The key is of the mesh's default kind, below an authority of the other. */
    OUR_ED25519,
    THEIR_NAME_OUTSIDE
}
