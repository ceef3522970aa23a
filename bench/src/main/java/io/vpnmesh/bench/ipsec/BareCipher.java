// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.crypto.Aead;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.Key;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** The calls of javax.crypto that one packet needs at least, and nothing else: what ESP is measured against. */
final class BareCipher {

    private static final int AAD_LENGTH = 12;

    private final Key key = new SecretKeySpec(new byte[32], "AES");
    private final Cipher sealer;
    private final Cipher opener;
    private final byte[] aad = new byte[AAD_LENGTH];
    // The JDK keeps the array of the last nonce to compare the next one with, so two of them take turns.
    private final Nonce[] nonces = {new Nonce(), new Nonce()};
    private final Nonce opening = new Nonce();
    private long sequence;

    BareCipher() {
        try {
            sealer = Cipher.getInstance("AES/GCM/NoPadding");
            opener = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has AES-GCM", e);
        }
    }

    /** A parameter object that is filled anew, so that the bare calls allocate no more than they must. */
    private static final class Nonce extends GCMParameterSpec {

        private final ByteBuffer bytes = ByteBuffer.allocate(Aead.NONCE_LENGTH);

        Nonce() {
            super(Aead.TAG_LENGTH * 8, new byte[Aead.NONCE_LENGTH]);
        }

        @Override
        public byte[] getIV() {
            return bytes.array();
        }
    }

    void seal(byte[] in, int inOffset, int length, byte[] out, int outOffset) throws GeneralSecurityException {
        Nonce nonce = nonces[(int) ++sequence & 1];
        nonce.bytes.putLong(4, sequence);
        sealer.init(Cipher.ENCRYPT_MODE, key, nonce);
        sealer.updateAAD(aad, 0, AAD_LENGTH);
        sealer.doFinal(in, inOffset, length, out, outOffset);
    }

    void open(byte[] in, int inOffset, int length, byte[] out, int outOffset) throws GeneralSecurityException {
        opening.bytes.putLong(4, sequence);
        opener.init(Cipher.DECRYPT_MODE, key, opening);
        opener.updateAAD(aad, 0, AAD_LENGTH);
        opener.doFinal(in, inOffset, length + Aead.TAG_LENGTH, out, outOffset);
    }
}
