// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.client;

import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.node.control.TrustView;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Judges certificate chains beside the conductor, because a chain costs a millisecond of signatures. One thread and a
 * bounded queue; what does not fit is refused, and the peer tries again.
 */
public final class PeerVerification implements AutoCloseable {

    private static final int QUEUE = 1024;

    /**
     * A relay that has just started knows no cluster but its own until its first feed is there, and its clients come back
     * sooner than that. Who were refused then would lose the ticket that brings them back without a signature.
     */
    private static final long PATIENCE_MS = 1000;

    private final Supplier<TrustView> trust;
    private final Membership membership;
    private final InstantSource clock;
    private final Consumer<IkeInput> answer;
    private final ThreadPoolExecutor worker;
    private final CountDownLatch feed = new CountDownLatch(1);

    /** @param answer takes the verdict to the machine; called on the worker's thread */
    public PeerVerification(
            Supplier<TrustView> trust, Membership membership, InstantSource clock, Consumer<IkeInput> answer) {
        this.trust = trust;
        this.membership = membership;
        this.clock = clock;
        this.answer = answer;
        worker = new ThreadPoolExecutor(
                1,
                1,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUE),
                Thread.ofPlatform().name("verify").daemon(true).factory());
        worker.execute(this::awaitFeed);
    }

    /** The first list of the mesh is complete. */
    public void feedIsComplete() {
        feed.countDown();
    }

    /** Before anything else; the operator may be away, so not for ever. */
    private void awaitFeed() {
        try {
            boolean _ = feed.await(PATIENCE_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // closed
        }
    }

    public void verify(IkeEvent.VerifyPeer request) {
        try {
            worker.execute(() -> answer.accept(judge(request)));
        } catch (RejectedExecutionException _) {
            answer.accept(new IkeInput.PeerRefused(request.ticket(), "too many peers at once; try again"));
        }
    }

    private IkeInput judge(IkeEvent.VerifyPeer request) {
        return switch (trust.get().verifier().verify(request.certificatesDer(), clock.instant())) {
            case Verdict.Refused refused ->
                new IkeInput.PeerRefused(request.ticket(), refused.reason() + ": " + refused.message());
            case Verdict.Trusted trusted -> {
                Optional<String> refusal = membership.refusal(trusted.identity());
                yield refusal.isPresent()
                        ? new IkeInput.PeerRefused(request.ticket(), refusal.get())
                        : new IkeInput.PeerVerified(request.ticket(), trusted.identity());
            }
        };
    }

    @Override
    public void close() {
        worker.shutdownNow();
    }
}
