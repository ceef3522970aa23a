// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

/** Who sends the first message. */
enum Role {
    WE_INITIATE("we   "),
    THEY_INITIATE("they ");

    private final String label;

    Role(String label) {
        this.label = label;
    }

    /** As in the printed matrix, of fixed width. */
    String label() {
        return label;
    }
}
