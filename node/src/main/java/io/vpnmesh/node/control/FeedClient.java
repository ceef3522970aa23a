// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.identity.IdentityStore;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Follows {@code GET /v1/feed}: JSON lines, resumed by resource version, for ever, with growing pauses. Begins with the
 * feed that the last process kept, so a node knows its peers before it reaches the operator.
 */
final class FeedClient implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(FeedClient.class.getName());

    /** The operator has forgotten our resource version: fetch the list. */
    private static final int GONE = 410;

    private static final int MAX_LINE_CHARACTERS = 1 << 20;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    private final OperatorHttps https;
    private final java.util.function.Supplier<NodeCredentials> credentials;
    private final IdentityStore store;
    private final ControlListener listener;
    private final FeedMirror mirror = new FeedMirror();
    private final Backoff backoff;
    private final Semaphore hurry = new Semaphore(0);
    private boolean unsaved;
    private volatile boolean closed;
    private volatile @Nullable InputStream open;
    private volatile @Nullable Thread thread;

    FeedClient(
            ControlSource.Operator source,
            InstantSource clock,
            java.util.function.Supplier<NodeCredentials> credentials,
            IdentityStore store,
            ControlListener listener,
            RandomGenerator random) {
        https = new OperatorHttps(source, clock);
        this.credentials = credentials;
        this.store = store;
        this.listener = listener;
        backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, random);
    }

    void start() {
        thread = Thread.ofVirtual().name("feed").start(this::run);
    }

    private void run() {
        replayKept();
        while (!closed) {
            try {
                follow();
            } catch (OperatorException e) {
                disconnected(e);
                if (e.code() == GONE && !mirror.resourceVersion().isEmpty()) {
                    mirror.beginList();
                    backoff.reset(); // it is back and only wants to be asked in another way
                }
            } catch (IOException | MalformedException e) {
                disconnected(e);
            }
            try {
                pause(backoff.next());
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    /** Waits, though never longer than {@link #FIRST_PAUSE} once somebody has asked for haste. */
    private void pause(Duration whole) throws InterruptedException {
        hurry.drainPermits();
        long leastMs = Math.min(whole.toMillis(), FIRST_PAUSE.toMillis());
        Thread.sleep(leastMs);
        if (hurry.tryAcquire(whole.toMillis() - leastMs, TimeUnit.MILLISECONDS)) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=feed-hurried reason=\"met a node that the directory does not have\"");
        }
    }

    /** Ends the pause between two attempts. */
    void lookNow() {
        if (open == null && hurry.availablePermits() == 0) {
            hurry.release();
        }
    }

    private void replayKept() {
        try {
            for (FeedEvent event : FeedMirror.events(store.loadFeed())) {
                mirror.apply(event).forEach(listener::onFeed);
            }
        } catch (MalformedException e) {
            LOG.log(System.Logger.Level.WARNING, "event=kept-feed-unusable reason=\"" + e.getMessage() + "\"");
        }
        mirror.beginList(); // resource versions do not outlive the process
    }

    private void follow() throws IOException, MalformedException {
        String version = mirror.resourceVersion();
        if (version.isEmpty()) {
            mirror.beginList();
        }
        String path = "/v1/feed"
                + (version.isEmpty() ? "" : "?resourceVersion=" + URLEncoder.encode(version, StandardCharsets.UTF_8));
        try (InputStream stream = https.stream(path, credentials.get());
                BufferedReader reader =
                        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8), 16_384)) {
            open = stream;
            LOG.log(System.Logger.Level.INFO, "event=feed-connected resourceVersion=" + version);
            listener.onConnected(true);
            for (String line = readLine(reader); line != null && !closed; line = readLine(reader)) {
                backoff.reset();
                if (!line.isBlank()) {
                    take(FeedCodec.decode(line));
                }
            }
            throw new IOException("the operator closed the feed");
        } finally {
            open = null;
            listener.onConnected(false);
        }
    }

    private void take(FeedEvent event) throws IOException {
        for (FeedEvent change : mirror.apply(event)) {
            unsaved |= change.type() != FeedEvent.Type.BOOKMARK;
            listener.onFeed(change);
        }
        if (unsaved && event.type() == FeedEvent.Type.BOOKMARK) {
            store.saveFeed(mirror.lines());
            unsaved = false;
        }
    }

    private static @Nullable String readLine(BufferedReader reader) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (c == '\n') {
                return line.toString();
            }
            if (line.length() >= MAX_LINE_CHARACTERS) {
                throw new IOException("a line of the feed is longer than " + MAX_LINE_CHARACTERS + " characters");
            }
            line.append((char) c);
        }
        return null;
    }

    private void disconnected(Exception cause) {
        if (!closed) {
            LOG.log(System.Logger.Level.WARNING, "event=feed-disconnected reason=\"" + cause.getMessage() + "\"");
        }
    }

    @Override
    public void close() {
        closed = true;
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
        try (InputStream stream = open) {
            if (stream != null) {
                LOG.log(System.Logger.Level.DEBUG, "event=feed-closed");
            }
        } catch (IOException _) {
            // it is being given up
        }
    }
}
