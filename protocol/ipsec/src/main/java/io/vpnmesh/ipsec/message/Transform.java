// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

/**
 * One choice inside a proposal (RFC 7296 section 3.3.2).
 *
 * @param keyBits the key length attribute, 0 if absent
 * @param strange whether it carried an attribute we do not know; such a transform is never chosen
 */
public record Transform(int type, int id, int keyBits, boolean strange) {

    public Transform(int type, int id) {
        this(type, id, 0, false);
    }

    public Transform(int type, int id, int keyBits) {
        this(type, id, keyBits, false);
    }
}
