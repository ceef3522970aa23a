// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.crypto.SignatureScheme;
import io.vpnmesh.core.crypto.Signer;
import java.lang.foreign.MemorySegment;
import java.security.PrivateKey;
import java.security.PublicKey;

/** Seals nothing and believes everything, so that changed bytes get as deep into an engine as they can. */
final class TransparentCrypto extends ForwardingCrypto {

    TransparentCrypto(long seed) {
        super(new CheapCrypto(seed));
    }

    @Override
    public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
        return new Glass();
    }

    @Override
    public Signer signer() {
        Signer real = super.signer();
        return new Signer() {
            @Override
            public byte[] sign(SignatureScheme scheme, PrivateKey key, byte[]... parts) {
                return real.sign(scheme, key, parts);
            }

            @Override
            public boolean verify(SignatureScheme scheme, PublicKey key, byte[] signature, byte[]... parts) {
                return true;
            }
        };
    }

    private record Glass() implements Aead {

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
            System.arraycopy(in, inOffset, out, outOffset, length);
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
            System.arraycopy(in, inOffset, out, outOffset, length);
            return true;
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
            MemorySegment.copy(MemorySegment.ofArray(in), inOffset, out, outOffset, length);
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
            MemorySegment.copy(in, inOffset, MemorySegment.ofArray(out), outOffset, length);
            return true;
        }

        @Override
        public void close() {}
    }
}
