// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.feed;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * One reader of a feed over HTTP: chunks of JSON lines, for as long as the connection lives. Runs on the connection's
 * event loop and never blocks; a slow reader is left behind and catches up, because the store keeps state and no queue.
 */
public final class FeedStream {

    /** Clients take a feed that is silent for three of these for dead. */
    public static final long BOOKMARK_EVERY_MS = 20_000;

    private static final int BATCH = 256;

    private final FeedStore store;
    private final Vertx vertx;
    private final Context context;
    private final HttpServerResponse response;
    private final AtomicBoolean woken = new AtomicBoolean();
    private final Runnable reader = this::wake;
    private long at;
    private boolean fresh;
    private boolean waitsForDrain;
    private boolean bookmarked;
    private boolean closed;
    private long timer;

    private FeedStream(FeedStore store, long from, Vertx vertx, Context context, HttpServerResponse response) {
        this.store = store;
        this.at = from;
        this.fresh = from == 0;
        this.vertx = vertx;
        this.context = context;
        this.response = response;
    }

    /**
     * Begins to stream.
     *
     * @param from a revision that {@link FeedStore#resume} gave
     * @param context of the connection
     */
    public static void open(FeedStore store, long from, Vertx vertx, Context context, HttpServerResponse response) {
        FeedStream stream = new FeedStream(store, from, vertx, context, response);
        context.runOnContext(_ -> stream.start());
    }

    private void start() {
        response.putHeader("content-type", "application/json-lines");
        response.setChunked(true);
        response.closeHandler(_ -> close());
        response.exceptionHandler(_ -> close());
        timer = vertx.setPeriodic(BOOKMARK_EVERY_MS, _ -> context.runOnContext(_ -> signOfLife()));
        store.onChange(reader);
        pump();
    }

    /** Called by whoever changes the store. */
    private void wake() {
        if (woken.compareAndSet(false, true)) {
            context.runOnContext(_ -> pump());
        }
    }

    private void pump() {
        woken.set(false);
        while (!closed && !waitsForDrain) {
            FeedStore.Batch batch = store.read(at, fresh, BATCH);
            at = batch.revision();
            if (!batch.lines().isEmpty()) {
                write(String.join("", batch.lines()));
            }
            if (batch.caughtUp()) {
                fresh = false;
                if (!bookmarked && store.complete()) {
                    bookmarked = true;
                    write(store.bookmark(at));
                }
                return;
            }
        }
    }

    private void signOfLife() {
        if (closed || waitsForDrain || fresh) {
            return;
        }
        if (store.complete()) {
            bookmarked = true;
            write(store.bookmark(at));
        } else {
            store.repeatMesh().ifPresent(this::write);
        }
    }

    private void write(String text) {
        response.write(text);
        if (response.writeQueueFull()) {
            waitsForDrain = true;
            response.drainHandler(_ -> {
                waitsForDrain = false;
                pump();
            });
        }
    }

    private void close() {
        if (!closed) {
            closed = true;
            store.removeReader(reader);
            vertx.cancelTimer(timer);
        }
    }
}
