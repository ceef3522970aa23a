// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.crypto.SignatureScheme;
import io.vpnmesh.core.wire.MalformedException;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a classic handshake computes, beside the same by the JDK's own providers. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class Curve25519Benchmark {

    private final CryptoProvider crypto = new JdkCrypto();
    private final byte[] message = new byte[300];
    private final KeyPair pair;
    private final byte[] signature;

    public Curve25519Benchmark() {
        try {
            pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            signature = signByJdk();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has Ed25519", e);
        }
    }

    @Benchmark
    public byte[] sign() {
        return crypto.signer().sign(SignatureScheme.ED25519, pair.getPrivate(), message);
    }

    @Benchmark
    public byte[] signByJdk() throws GeneralSecurityException {
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update(message);
        return signer.sign();
    }

    @Benchmark
    public boolean verify() {
        return right(crypto.signer().verify(SignatureScheme.ED25519, pair.getPublic(), signature, message));
    }

    @Benchmark
    public boolean verifyByJdk() throws GeneralSecurityException {
        Signature verifier = Signature.getInstance("Ed25519");
        verifier.initVerify(pair.getPublic());
        verifier.update(message);
        return right(verifier.verify(signature));
    }

    /** Both sides of one agreement: two key pairs, two secrets. */
    @Benchmark
    public SecretBytes agree() throws MalformedException {
        KeyAgreement initiator = crypto.keyAgreement(KeyMethod.X25519);
        KeyAgreement.Response response = crypto.respond(KeyMethod.X25519, initiator.publicValue());
        return initiator.finish(response.publicValue());
    }

    @Benchmark
    public byte[] agreeByJdk() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("X25519");
        KeyPair initiator = generator.generateKeyPair();
        KeyPair responder = generator.generateKeyPair();
        byte[] secret = secret(responder, initiator);
        right(Arrays.equals(secret, secret(initiator, responder)));
        return secret;
    }

    private static byte[] secret(KeyPair own, KeyPair peer) throws GeneralSecurityException {
        javax.crypto.KeyAgreement agreement = javax.crypto.KeyAgreement.getInstance("X25519");
        agreement.init(own.getPrivate());
        agreement.doPhase(peer.getPublic(), true);
        return agreement.generateSecret();
    }

    private static boolean right(boolean right) {
        if (!right) {
            throw new IllegalStateException("the wrong result, however quick");
        }
        return true;
    }
}
