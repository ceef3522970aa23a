// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.transport.Libc;
import io.vpnmesh.transport.crypto.AeadChoice;
import io.vpnmesh.transport.crypto.UnusableEngineException;
import java.lang.foreign.Arena;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * What a start needs whoever this node is, done on a second core while the first one reads and checks credentials: a
 * library that seals, native calls, and a key exchange with ourselves, because the first of its kind takes ten times as
 * long as those after it.
 */
final class Preparation {

    private static final System.Logger LOG = System.getLogger(Preparation.class.getName());

    private final FutureTask<AeadChoice> aead;
    private final SuiteName suite;

    private Preparation(String aead, SuiteName suite) {
        this.aead = new FutureTask<>(() -> AeadChoice.of(aead));
        this.suite = suite;
    }

    /**
     * Begins.
     *
     * @param aead one of {@link AeadChoice#NAMES}
     * @param suite that credentials are likely to have
     */
    static Preparation begin(String aead, SuiteName suite) {
        Preparation preparation = new Preparation(aead, suite);
        Thread.ofPlatform().daemon().name("preparation").start(preparation::run);
        return preparation;
    }

    private void run() {
        if (suite != SuiteName.FIPS) {
            aead.run();
        }
        try (Arena arena = Arena.ofConfined()) {
            Libc.newErrno(arena);
        }
        try {
            exchangeWithOurselves();
        } catch (MalformedException e) {
            LOG.log(System.Logger.Level.WARNING, "event=key-exchange-unusable reason=\"" + e.getMessage() + "\"");
        }
    }

    private void exchangeWithOurselves() throws MalformedException {
        JdkCrypto crypto = new JdkCrypto(new SecureRandom());
        KeyMethod curve = suite == SuiteName.FIPS ? KeyMethod.SECP256R1 : KeyMethod.X25519;
        for (KeyMethod method : List.of(curve, KeyMethod.ML_KEM_768)) {
            KeyAgreement ours = crypto.keyAgreement(method);
            KeyAgreement.Response theirs = crypto.respond(method, ours.publicValue());
            theirs.secret().close();
            ours.finish(theirs.publicValue()).close();
        }
    }

    /** Waits for it. Errors: UnusableEngineException when the one that was named cannot be used. */
    AeadChoice aead() throws UnusableEngineException, InterruptedException {
        aead.run(); // does nothing when it has run, or runs
        try {
            return aead.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnusableEngineException unusable) {
                throw unusable;
            }
            throw new IllegalStateException("the choice of who seals failed", e.getCause());
        }
    }
}
