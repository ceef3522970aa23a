// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Signatures under authorities that were found good. A cluster has one authority, which all its members show: without this
 * every handshake would check again what roots have signed, which is a third of the signatures in it. A signature that is
 * good stays so; whether its time has come, what it permits and whether it was revoked is asked each time elsewhere.
 *
 * <p>Only good ones are kept, so that nobody but a root fills it; bounded all the same.
 */
final class AuthoritySignatures {

    private static final int MAX = 256;

    /** Certificates are equal when their bytes are. */
    private record Signed(X509Certificate authority, X509Certificate root) {}

    private final Map<Signed, Boolean> good = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Signed, Boolean> eldest) {
            return size() > MAX;
        }
    };

    /** @param check whether the root has signed it: asked where that is not known */
    boolean isGood(X509Certificate authority, X509Certificate root, BooleanSupplier check) {
        Signed signed = new Signed(authority, root);
        synchronized (good) {
            if (good.get(signed) != null) {
                return true;
            }
        }
        if (!check.getAsBoolean()) {
            return false;
        }
        synchronized (good) {
            good.put(signed, true);
        }
        return true;
    }
}
