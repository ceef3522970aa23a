// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A feed as a file of JSON lines, read again whenever it changes. A file that cannot be understood changes nothing: the
 * log names the line, and the last good content stays.
 */
final class FeedFile implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(FeedFile.class.getName());

    /** A look at size and time of the file costs microseconds, and works on every kind of volume. */
    private static final Duration LOOK_EVERY = Duration.ofMillis(500);

    private final Path file;
    private final ControlListener listener;
    private final FeedMirror mirror = new FeedMirror();
    private String seen = "";
    private volatile @Nullable Thread thread;

    FeedFile(Path file, ControlListener listener) {
        this.file = file;
        this.listener = listener;
    }

    void start() {
        thread = Thread.ofVirtual().name("feed").start(() -> {
            try {
                while (true) {
                    look();
                    Thread.sleep(LOOK_EVERY);
                }
            } catch (InterruptedException _) {
                // closed
            }
        });
    }

    /** Reads the file if it has changed. */
    void look() {
        try {
            String now = Files.getLastModifiedTime(file) + "/" + Files.size(file);
            if (now.equals(seen)) {
                return;
            }
            seen = now;
            List<FeedEvent> events = FeedMirror.events(Files.readAllLines(file));
            mirror.beginList();
            for (FeedEvent event : events) {
                if (event.type() != FeedEvent.Type.BOOKMARK) {
                    mirror.apply(event).forEach(listener::onFeed);
                }
            }
            mirror.apply(FeedEvent.bookmark("")).forEach(listener::onFeed);
            listener.onConnected(true);
        } catch (IOException e) {
            complain("cannot read " + file);
        } catch (MalformedException e) {
            complain(file + ": " + e.getMessage());
        }
    }

    private void complain(String reason) {
        LOG.log(System.Logger.Level.WARNING, "event=feed-file-unusable reason=\"" + reason + "\" next=keep-last");
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
