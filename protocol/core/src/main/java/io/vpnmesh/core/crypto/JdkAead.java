// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.security.GeneralSecurityException;
import java.security.spec.AlgorithmParameterSpec;
import java.util.Arrays;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * AES-GCM and ChaCha20-Poly1305 of the JDK on heap arrays. Opening in place goes through a scratch array: the JDK would
 * otherwise allocate a copy of the whole output array for every packet. What lies in native memory takes the same way,
 * because the JDK copies direct buffers twice.
 */
final class JdkAead implements Aead {

    private static final byte[] NONE = new byte[0];

    private final AeadAlgorithm algorithm;
    private final SecretKeySpec key;
    // A cipher object is a kilobyte before its first packet, and each half of an SA needs one of the two: an attempt of
    // a
    // stranger that never gets to an encrypted message needs none.
    private @Nullable Direction sealing;
    private @Nullable Direction opening;
    private byte[] scratch = NONE;

    JdkAead(AeadAlgorithm algorithm, SecretBytes secret) {
        if (secret.length() != algorithm.keyLength()) {
            throw new IllegalArgumentException(
                    algorithm + " needs a key of " + algorithm.keyLength() + " bytes, not " + secret.length());
        }
        this.algorithm = algorithm;
        key = new SecretKeySpec(secret.expose(), isGcm(algorithm) ? "AES" : "ChaCha20");
    }

    private static boolean isGcm(AeadAlgorithm algorithm) {
        return algorithm != AeadAlgorithm.CHACHA20_POLY1305;
    }

    private Direction sealing() {
        Direction made = sealing;
        if (made == null) {
            made = new Direction(algorithm);
            sealing = made;
        }
        return made;
    }

    private Direction opening() {
        Direction made = opening;
        if (made == null) {
            made = new Direction(algorithm);
            opening = made;
        }
        return made;
    }

    @Override
    public void seal(
            byte[] nonce,
            byte[] aad,
            int aadOffset,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset) {
        try {
            Cipher sealer = sealing().begin(Cipher.ENCRYPT_MODE, key, nonce);
            sealer.updateAAD(aad, aadOffset, aadLength);
            sealer.doFinal(in, inOffset, length, out, outOffset);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing failed: repeated nonce or no room for the tag", e);
        }
    }

    @Override
    public boolean open(
            byte[] nonce,
            byte[] aad,
            int aadOffset,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            byte[] out,
            int outOffset) {
        try {
            Cipher opener = opening().begin(Cipher.DECRYPT_MODE, key, nonce);
            opener.updateAAD(aad, aadOffset, aadLength);
            if (in != out) {
                opener.doFinal(in, inOffset, length + TAG_LENGTH, out, outOffset);
                return true;
            }
            makeRoom(length);
            opener.doFinal(in, inOffset, length + TAG_LENGTH, scratch, 0);
            System.arraycopy(scratch, 0, out, outOffset, length);
            return true;
        } catch (AEADBadTagException _) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening failed for a reason other than the tag", e);
        }
    }

    @Override
    public void sealTo(
            byte[] nonce,
            byte[] aad,
            int aadLength,
            byte[] in,
            int inOffset,
            int length,
            MemorySegment out,
            long outOffset) {
        makeRoom(length + TAG_LENGTH);
        seal(nonce, aad, 0, aadLength, in, inOffset, length, scratch, 0);
        MemorySegment.copy(scratch, 0, out, JAVA_BYTE, outOffset, length + TAG_LENGTH);
    }

    @Override
    public boolean openFrom(
            byte[] nonce,
            byte[] aad,
            int aadLength,
            MemorySegment in,
            long inOffset,
            int length,
            byte[] out,
            int outOffset) {
        makeRoom(length + TAG_LENGTH);
        MemorySegment.copy(in, JAVA_BYTE, inOffset, scratch, 0, length + TAG_LENGTH);
        return open(nonce, aad, 0, aadLength, scratch, 0, length, out, outOffset);
    }

    private void makeRoom(int length) {
        if (scratch.length < length) {
            scratch = new byte[Math.max(length, 2 * scratch.length)];
        }
    }

    @Override
    public void close() {
        Arrays.fill(scratch, (byte) 0);
        try {
            key.destroy();
        } catch (javax.security.auth.DestroyFailedException _) {
            // SecretKeySpec cannot be wiped on every JDK; it becomes garbage with this object
        }
    }

    /** One cipher object and its nonces. */
    private static final class Direction {

        private final Cipher cipher;
        // Before it seals, the JDK compares the new nonce with the array of the previous one, so two arrays take turns.
        private final ReusedNonce even;
        private final ReusedNonce odd;
        private boolean useOdd;

        Direction(AeadAlgorithm algorithm) {
            boolean gcm = isGcm(algorithm);
            even = gcm ? new GcmNonce() : new ChaChaNonce();
            odd = gcm ? new GcmNonce() : new ChaChaNonce();
            try {
                cipher = Cipher.getInstance(gcm ? "AES/GCM/NoPadding" : "ChaCha20-Poly1305");
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this JDK lacks " + algorithm, e);
            }
        }

        Cipher begin(int mode, SecretKeySpec key, byte[] nonce) throws GeneralSecurityException {
            useOdd = !useOdd;
            ReusedNonce spec = useOdd ? odd : even;
            System.arraycopy(nonce, 0, spec.bytes(), 0, NONCE_LENGTH);
            cipher.init(mode, key, (AlgorithmParameterSpec) spec);
            return cipher;
        }
    }

    /** A parameter object that is filled again for each packet, so that our own code allocates nothing. */
    private sealed interface ReusedNonce {
        byte[] bytes();
    }

    private static final class GcmNonce extends GCMParameterSpec implements ReusedNonce {
        private final byte[] bytes = new byte[NONCE_LENGTH];

        GcmNonce() {
            super(TAG_LENGTH * 8, new byte[NONCE_LENGTH]);
        }

        @Override
        public byte[] bytes() {
            return bytes;
        }

        @Override
        public byte[] getIV() {
            return bytes;
        }
    }

    private static final class ChaChaNonce extends IvParameterSpec implements ReusedNonce {
        private final byte[] bytes = new byte[NONCE_LENGTH];

        ChaChaNonce() {
            super(new byte[NONCE_LENGTH]);
        }

        @Override
        public byte[] bytes() {
            return bytes;
        }

        @Override
        public byte[] getIV() {
            return bytes;
        }
    }
}
