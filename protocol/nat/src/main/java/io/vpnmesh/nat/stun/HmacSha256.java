// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** HMAC-SHA-256 (RFC 2104, FIPS 180-4) of control messages; not for packets. */
public final class HmacSha256 {

    private static final String NAME = "HmacSHA256";

    /** One for each thread: asking the providers for it costs more garbage than all the rest of a path check. */
    private static final ThreadLocal<Mac> MACS = ThreadLocal.withInitial(HmacSha256::make);

    private HmacSha256() {}

    /** 32 bytes over the concatenation of the parts. */
    public static byte[] of(byte[] key, byte[]... parts) {
        Mac mac = MACS.get();
        try {
            mac.init(new SecretKeySpec(key, NAME));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HMAC takes keys of any length but 0", e);
        }
        for (byte[] part : parts) {
            mac.update(part);
        }
        return mac.doFinal();
    }

    private static Mac make() {
        try {
            return Mac.getInstance(NAME);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has " + NAME, e);
        }
    }
}
