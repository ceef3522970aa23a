// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.KeyAgreementSelfTest;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.transport.Libc;
import io.vpnmesh.transport.crypto.AeadChoice;
import io.vpnmesh.transport.crypto.UnusableEngineException;
import java.io.IOException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * The slowest part of a start that needs nothing of the mesh: system calls are linked, the cipher library is loaded and
 * tested, and so are the key agreements. It goes on beside the reading, or enrolling, of the identity.
 */
final class SelfTests {

    private final FutureTask<AeadChoice> cipher;
    private final FutureTask<Void> keys;

    private SelfTests(FutureTask<AeadChoice> cipher, FutureTask<Void> keys) {
        this.cipher = cipher;
        this.keys = keys;
    }

    /** Begins the part that needs no setting: as soon as the process has begun, because it is what the start waits for. */
    static void link() {
        Thread.ofPlatform().name("link").daemon().start(Libc::link);
    }

    /**
     * Of what this suite uses: with {@code fips} no cipher library comes into the process.
     *
     * @param aead one of {@link AeadChoice#NAMES}
     */
    static SelfTests begin(String aead, SuiteName suite) {
        boolean fips = suite == SuiteName.FIPS;
        FutureTask<AeadChoice> cipher = new FutureTask<>(() -> {
            Libc.link();
            return fips ? AeadChoice.jdk() : AeadChoice.of(aead);
        });
        FutureTask<Void> keys = new FutureTask<>(() -> {
            KeyAgreementSelfTest.check(new JdkCrypto(), fips ? KeyMethod.SECP256R1 : KeyMethod.X25519);
            KeyAgreementSelfTest.check(new JdkCrypto(), KeyMethod.ML_KEM_768);
            return null;
        });
        Thread.ofPlatform().name("self-tests").daemon().start(() -> {
            cipher.run();
            keys.run();
        });
        return new SelfTests(cipher, keys);
    }

    /** Waits for it. Errors: UnusableEngineException as {@link AeadChoice#of}. */
    AeadChoice cipher() throws UnusableEngineException, InterruptedException {
        try {
            return cipher.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnusableEngineException unusable) {
                throw unusable;
            }
            throw new IllegalStateException("cannot link native calls: " + e.getCause(), e);
        }
    }

    /** Waits for the rest. Errors: IOException that names what failed and what to do. */
    void awaitAll() throws IOException, InterruptedException {
        try {
            keys.get();
        } catch (ExecutionException e) {
            throw new IOException(
                    "self-test of the key agreements: " + e.getCause()
                            + "; the image's files or this machine's memory are damaged: pull the image anew, on another node",
                    e);
        }
    }
}
