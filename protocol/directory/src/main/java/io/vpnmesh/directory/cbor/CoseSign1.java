// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.cbor;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.DataSignature;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/**
 * A signed payload: tag 18 over [protected, unprotected, payload, signature] (RFC 9052 section 4.2). The protected
 * header holds the algorithm and the content type, so that a signature of one kind is worthless as another; the
 * certificate chain travels unprotected as x5chain (RFC 9360), because it proves itself.
 *
 * @param contentType what is signed, for example {@code vpnmesh-frame/1}
 * @param chainDer leaf first, as received
 * @param algorithm COSE number: -8 EdDSA, -7 ES256
 * @param protectedHeader its encoding, part of what is signed
 */
public record CoseSign1(
        String contentType,
        byte[] payload,
        List<byte[]> chainDer,
        long algorithm,
        byte[] protectedHeader,
        byte[] signature) {

    private static final int TAG = 18;
    private static final int HEADER_ALGORITHM = 1;
    private static final int HEADER_CONTENT_TYPE = 3;
    private static final int HEADER_X5CHAIN = 33;
    private static final int EDDSA = -8;
    private static final int ES256 = -7;
    private static final int MAX_CHAIN = 4;
    private static final int PARTS = 4;

    public CoseSign1 {
        chainDer = List.copyOf(chainDer);
    }

    /**
     * Signs a payload.
     *
     * @param chain of the key, leaf first, without the root
     */
    public static CoseSign1 sign(
            String contentType, byte[] payload, PrivateKey key, List<X509Certificate> chain, SecureRandom random) {
        try {
            long algorithm = algorithm(MeshKeyPair.suiteOf(chain.getFirst().getPublicKey()));
            byte[] header = Cbor.encode(CborMap.builder()
                    .put(HEADER_ALGORITHM, algorithm)
                    .put(HEADER_CONTENT_TYPE, contentType)
                    .build());
            byte[] signature = DataSignature.sign(key, toBeSigned(header, payload), random);
            return new CoseSign1(
                    contentType, payload, chain.stream().map(Pem::der).toList(), algorithm, header, signature);
        } catch (MalformedException e) {
            throw new IllegalStateException("a certificate of ours has a key of a suite", e);
        }
    }

    public byte[] encode() {
        List<CborValue> chain = new ArrayList<>();
        chainDer.forEach(der -> chain.add(CborValue.of(der)));
        // RFC 9360 section 2: one certificate stands alone, several in an array.
        CborValue x5chain = chain.size() == 1 ? chain.getFirst() : new CborValue.Array(chain);
        return Cbor.encode(new CborValue.Tagged(
                TAG,
                new CborValue.Array(List.of(
                        CborValue.of(protectedHeader),
                        CborMap.builder().put(HEADER_X5CHAIN, x5chain).build(),
                        CborValue.of(payload),
                        CborValue.of(signature)))));
    }

    /** Reads the structure; proves nothing. */
    public static CoseSign1 decode(byte[] bytes) throws MalformedException {
        if (!(Cbor.decode(bytes) instanceof CborValue.Tagged tagged) || tagged.tag() != TAG) {
            throw new MalformedException(0, "COSE_Sign1", "has not tag " + TAG);
        }
        List<CborValue> parts = tagged.value().asArray("COSE_Sign1", PARTS);
        if (parts.size() != PARTS) {
            throw new MalformedException(0, "COSE_Sign1", "has " + parts.size() + " parts, not " + PARTS);
        }
        byte[] header = parts.get(0).asBytes("protected header");
        CborMap protectedMap = Cbor.decode(header).asMap("protected header");
        return new CoseSign1(
                protectedMap.need(HEADER_CONTENT_TYPE, "content type").asText("content type"),
                parts.get(2).asBytes("payload"),
                chain(parts.get(1).asMap("unprotected header").need(HEADER_X5CHAIN, "x5chain")),
                protectedMap.need(HEADER_ALGORITHM, "algorithm").asInt("algorithm"),
                header,
                parts.get(3).asBytes("signature"));
    }

    /** True only when the algorithm is the key's own and the signature fits. */
    public boolean isSignedBy(PublicKey key) {
        try {
            return algorithm == algorithm(MeshKeyPair.suiteOf(key))
                    && DataSignature.verify(key, toBeSigned(protectedHeader, payload), signature);
        } catch (MalformedException _) {
            return false;
        }
    }

    private static List<byte[]> chain(CborValue x5chain) throws MalformedException {
        if (x5chain instanceof CborValue.Bytes single) {
            return List.of(single.value());
        }
        return x5chain.asList("x5chain", MAX_CHAIN, item -> item.asBytes("x5chain"));
    }

    /** Sig_structure (RFC 9052 section 4.4) without external data. */
    private static byte[] toBeSigned(byte[] header, byte[] payload) {
        return Cbor.encode(new CborValue.Array(List.of(
                CborValue.of("Signature1"), CborValue.of(header), CborValue.of(new byte[0]), CborValue.of(payload))));
    }

    private static long algorithm(SuiteName suite) {
        return switch (suite) {
            case DEFAULT -> EDDSA;
            case FIPS -> ES256;
        };
    }
}
