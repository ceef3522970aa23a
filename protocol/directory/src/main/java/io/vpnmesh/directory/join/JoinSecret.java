// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.join;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.Base32;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The one-time secret of an invite: 32 random bytes that both ends know and nobody sends. */
public record JoinSecret(SecretBytes bytes) {

    public static final int LENGTH_BYTES = 32;
    static final int MAC_BYTES = 32;
    private static final int ID_BYTES = 10;

    public JoinSecret {
        if (bytes.length() != LENGTH_BYTES) {
            throw new IllegalArgumentException("an invite's secret has 32 bytes, not " + bytes.length());
        }
    }

    public static JoinSecret generate(SecureRandom random) {
        byte[] bytes = new byte[LENGTH_BYTES];
        random.nextBytes(bytes);
        return new JoinSecret(SecretBytes.owning(bytes));
    }

    /** Names the invite in public, 16 characters of base32; says nothing about the secret. */
    public String inviteId() {
        return Base32.encode(Arrays.copyOf(mac("invite id"), ID_BYTES));
    }

    /** HMAC-SHA-256 over a label and parts of fixed length or in an encoding that knows its own end. */
    byte[] mac(String label, byte[]... parts) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(bytes.expose(), "HmacSHA256"));
            mac.update(label.getBytes(StandardCharsets.US_ASCII));
            for (byte[] part : parts) {
                mac.update(part);
            }
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has HMAC-SHA-256", e);
        }
    }

    /** In constant time. */
    boolean matches(byte[] received, String label, byte[]... parts) {
        return MessageDigest.isEqual(mac(label, parts), received);
    }
}
