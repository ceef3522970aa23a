// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.Prf;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.WireWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The keys of one IKE SA and what is derived from them (RFC 7296 sections 2.14, 2.17, 2.18; RFC 9370 section 2.2.2).
 * "i" is the original initiator of this IKE SA.
 */
final class IkeKeys implements AutoCloseable {

    private static final int SALT = 4;
    private static final byte[] PATH_CHECK_LABEL = "vpnmesh path check v1".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] RESUMPTION_LABEL = "Resumption".getBytes(StandardCharsets.US_ASCII);
    private static final int PATH_CHECK_KEY = 32;

    private final Prf prf;
    private final SecretBytes skD;
    private final SecretBytes skEi;
    private final SecretBytes skEr;
    private final SecretBytes skPi;
    private final SecretBytes skPr;

    private IkeKeys(Prf prf, SecretBytes skD, SecretBytes skEi, SecretBytes skEr, SecretBytes skPi, SecretBytes skPr) {
        this.prf = prf;
        this.skD = skD;
        this.skEi = skEi;
        this.skEr = skEr;
        this.skPi = skPi;
        this.skPr = skPr;
    }

    /** The nonces and SPIs that enter every derivation of an IKE SA. */
    record Seed(byte[] nonceI, byte[] nonceR, long spiI, long spiR) {
        private byte[] spis() {
            return new WireWriter(16).i64(spiI).i64(spiR).toByteArray();
        }
    }

    /** From the first key exchange: SKEYSEED = prf(Ni | Nr, g^ir). */
    static IkeKeys initial(CryptoProvider crypto, IkeSuite suite, Seed seed, SecretBytes shared) {
        Prf prf = crypto.prf(suite.prf());
        byte[] key = new WireWriter(64).bytes(seed.nonceI).bytes(seed.nonceR).toByteArray();
        return expand(prf, suite, seed, prf.apply(key, shared.expose()));
    }

    /** From the ticket of an earlier IKE SA: SKEYSEED = prf(SK_d (old), "Resumption" | Ni | Nr) (RFC 5723 section 5.1). */
    static IkeKeys resumed(CryptoProvider crypto, IkeSuite suite, Seed seed, SecretBytes oldSkD) {
        Prf prf = crypto.prf(suite.prf());
        return expand(prf, suite, seed, prf.apply(oldSkD.expose(), RESUMPTION_LABEL, seed.nonceI, seed.nonceR));
    }

    /** A copy of SK_d, which is all of the keys that a ticket holds. */
    SecretBytes resumptionSecret() {
        return skD.slice(0, skD.length());
    }

    /** After a further key exchange in IKE_INTERMEDIATE: SKEYSEED(n) = prf(SK_d(n-1), SK(n) | Ni | Nr). */
    IkeKeys strengthened(IkeSuite suite, Seed seed, SecretBytes shared) {
        return expand(prf, suite, seed, prf.apply(skD.expose(), shared.expose(), seed.nonceI, seed.nonceR));
    }

    /**
     * For the IKE SA that replaces this one: SKEYSEED = prf(SK_d (old), SK(0) | Ni | Nr | SK(1) | …), by the old PRF.
     *
     * @param shared of the first and of each additional key exchange
     */
    IkeKeys successor(CryptoProvider crypto, IkeSuite suite, Seed seed, List<SecretBytes> shared) {
        byte[] skeyseed = prf.apply(skD.expose(), secretsAndNonces(seed.nonceI, seed.nonceR, shared));
        return expand(crypto.prf(suite.prf()), suite, seed, skeyseed);
    }

    /** KEYMAT of a Child SA: prf+(SK_d, [SK(0)] | Ni | Nr | [SK(1) | …]). */
    SecretBytes childKeyMaterial(byte[] nonceI, byte[] nonceR, List<SecretBytes> shared, int length) {
        return prf.expand(skD.expose(), length, secretsAndNonces(nonceI, nonceR, shared));
    }

    private static byte[][] secretsAndNonces(byte[] nonceI, byte[] nonceR, List<SecretBytes> shared) {
        byte[][] parts = new byte[shared.size() + 2][];
        int at = 0;
        if (!shared.isEmpty()) {
            parts[at++] = shared.getFirst().expose();
        }
        parts[at++] = nonceI;
        parts[at++] = nonceR;
        for (int i = 1; i < shared.size(); i++) {
            parts[at++] = shared.get(i).expose();
        }
        return parts;
    }

    private static IkeKeys expand(Prf prf, IkeSuite suite, Seed seed, byte[] skeyseed) {
        int cipher = suite.aead().keyLength() + SALT;
        int hash = prf.length();
        try (SecretBytes key = SecretBytes.owning(skeyseed);
                SecretBytes all =
                        prf.expand(key.expose(), 3 * hash + 2 * cipher, seed.nonceI, seed.nonceR, seed.spis())) {
            // SK_d | SK_ei | SK_er | SK_pi | SK_pr; SK_a has no length with an AEAD (RFC 5282 section 7)
            return new IkeKeys(
                    prf,
                    all.slice(0, hash),
                    all.slice(hash, hash + cipher),
                    all.slice(hash + cipher, hash + 2 * cipher),
                    all.slice(hash + 2 * cipher, 2 * hash + 2 * cipher),
                    all.slice(2 * hash + 2 * cipher, 3 * hash + 2 * cipher));
        }
    }

    Prf prf() {
        return prf;
    }

    /** Key and salt of what the original initiator, or else its peer, sends. */
    SecretBytes encryption(boolean ofInitiator) {
        return ofInitiator ? skEi : skEr;
    }

    /** SK_pi or SK_pr. */
    SecretBytes authentication(boolean ofInitiator) {
        return ofInitiator ? skPi : skPr;
    }

    /** See {@link PathCheckKeys}. */
    PathCheckKeys pathCheckKeys(long spiI, long spiR) {
        byte[] spis = new WireWriter(16).i64(spiI).i64(spiR).toByteArray();
        try (SecretBytes both = prf.expand(skD.expose(), 2 * PATH_CHECK_KEY, PATH_CHECK_LABEL, spis)) {
            return new PathCheckKeys(both.slice(0, PATH_CHECK_KEY), both.slice(PATH_CHECK_KEY, 2 * PATH_CHECK_KEY));
        }
    }

    @Override
    public void close() {
        skD.close();
        skEi.close();
        skEr.close();
        skPi.close();
        skPr.close();
    }
}
