// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

/**
 * The memory that fragments of all IKE SAs of an endpoint may hold while their messages are incomplete (RFC 7383 section
 * 5): whoever agrees on keys can send authentic ones without ever showing a certificate.
 */
final class FragmentBudget {

    /** A thousand hybrid handshakes at once, each with its largest message half there. */
    static final int MAX_BYTES = 4 << 20;

    private int used;

    /** Whether so many bytes more are allowed; counts them. */
    boolean take(int bytes) {
        if (used + bytes > MAX_BYTES) {
            return false;
        }
        used += bytes;
        return true;
    }

    void give(int bytes) {
        used -= bytes;
    }

    int used() {
        return used;
    }
}
