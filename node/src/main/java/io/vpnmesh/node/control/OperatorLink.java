// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.enrol.EnrolRequest;
import io.vpnmesh.directory.enrol.EnrolResponse;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.identity.IdentityStore;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Membership by the operator's HTTPS: enrol once with the token, renew with the certificate, follow the feed. */
final class OperatorLink implements ControlLink {

    private static final System.Logger LOG = System.getLogger(OperatorLink.class.getName());

    private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final Duration LONGEST_RENEWAL_PAUSE = Duration.ofMinutes(10);

    private final ControlSource.Operator source;
    private final EnrolmentClient client;
    private final IdentityStore store;
    private final InstantSource clock;
    private final SecureRandom random;
    private final MeshKeyPair keyPair;
    private volatile @Nullable NodeCredentials credentials;
    private volatile @Nullable Thread renewer;
    private volatile @Nullable FeedClient feed;

    OperatorLink(
            ControlSource.Operator source,
            SuiteName suite,
            IdentityStore store,
            InstantSource clock,
            SecureRandom random)
            throws IOException {
        this.source = source;
        this.store = store;
        this.clock = clock;
        this.random = random;
        client = new EnrolmentClient(source, clock);
        keyPair = store.keyPair(suite, random);
    }

    @Override
    public NodeCredentials obtain() throws InterruptedException {
        Optional<NodeCredentials> kept = store.load(keyPair, clock.instant());
        if (kept.isPresent()) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=identity-kept node=" + kept.get().identity().node());
            credentials = kept.get();
            return kept.get();
        }
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, random);
        EnrolRequest request = new EnrolRequest(Csr.build(keyPair, random));
        while (true) {
            try {
                return accept(client.enrol(request), "enrolled");
            } catch (IOException | UnusableCredentialsException e) {
                LOG.log(System.Logger.Level.WARNING, "event=enrolment-failed reason=\"" + reason(e) + "\" next=retry");
                Thread.sleep(backoff.next());
            }
        }
    }

    private NodeCredentials accept(EnrolResponse response, String event)
            throws IOException, UnusableCredentialsException {
        NodeCredentials next = store.save(keyPair, response, clock.instant());
        credentials = next;
        LOG.log(
                System.Logger.Level.INFO,
                "event=" + event + " node=" + next.identity().node() + " generation="
                        + next.identity().generation() + " notAfter=" + next.notAfter());
        return next;
    }

    private NodeCredentials current() {
        NodeCredentials now = credentials;
        if (now == null) {
            throw new IllegalStateException("obtain() comes first");
        }
        return now;
    }

    @Override
    public void follow(ControlListener listener) {
        renewer = Thread.ofVirtual().name("renew").start(() -> renewForEver(listener));
        FeedClient client = new FeedClient(source, clock, this::current, store, listener, random);
        feed = client;
        client.start();
    }

    private void renewForEver(ControlListener listener) {
        Backoff backoff = new Backoff(Duration.ofSeconds(5), LONGEST_RENEWAL_PAUSE, random);
        try {
            while (true) {
                Duration wait = Duration.between(clock.instant(), current().renewAfter());
                if (wait.isPositive()) {
                    // Looks again each hour, because a suspended machine's timers do not follow the wall clock.
                    Thread.sleep(wait.compareTo(Duration.ofHours(1)) > 0 ? Duration.ofHours(1) : wait);
                    continue;
                }
                try {
                    listener.onCredentials(renew());
                    backoff.reset();
                } catch (IOException | UnusableCredentialsException e) {
                    LOG.log(
                            System.Logger.Level.WARNING,
                            "event=renewal-failed notAfter=" + current().notAfter() + " reason=\"" + reason(e)
                                    + "\" next=retry");
                    Thread.sleep(backoff.next());
                }
            }
        } catch (InterruptedException _) {
            // closed
        }
    }

    private NodeCredentials renew() throws IOException, UnusableCredentialsException {
        EnrolRequest request = new EnrolRequest(Csr.build(keyPair, random));
        Instant now = clock.instant();
        return now.isBefore(current().notAfter())
                ? accept(client.renew(request, current()), "renewed")
                : accept(client.enrol(request), "enrolled");
    }

    /** The innermost messages say most: TLS wraps what our trust manager said. */
    private static String reason(Throwable failure) {
        StringBuilder text = new StringBuilder(String.valueOf(failure.getMessage()));
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause.getMessage() != null && text.indexOf(cause.getMessage()) < 0) {
                text.append("; ").append(cause.getMessage());
            }
        }
        return text.toString();
    }

    @Override
    public void report(StatusReport report) throws IOException {
        client.report(report, current());
    }

    @Override
    public void lookNow() {
        FeedClient client = feed;
        if (client != null) {
            client.lookNow();
        }
    }

    @Override
    public void close() {
        Thread running = renewer;
        if (running != null) {
            running.interrupt();
        }
        FeedClient client = feed;
        if (client != null) {
            client.close();
        }
    }
}
