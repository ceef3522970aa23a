// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.feed;

import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArraySet;
import org.jspecify.annotations.Nullable;

/**
 * What one replica knows of one mesh, numbered so that a reader can resume. It keeps the newest state of each object and
 * the deletions of the last minutes, not a log: a reader that was away gets each object once, however often it changed.
 *
 * <p>A resource version is {@code <epoch>-<revision>}; the epoch is drawn when the replica starts, so a version of another
 * replica is recognised as foreign and its reader starts from the list again. Thread-safe.
 */
public final class FeedStore {

    /** A reader that stays away longer than this starts from the list. */
    static final Duration DELETIONS_KEPT = Duration.ofMinutes(10);

    private final String epoch;
    private final Map<String, Entry> byKey = new HashMap<>();
    private final TreeMap<Long, Entry> byRevision = new TreeMap<>();
    private final Set<Runnable> readers = new CopyOnWriteArraySet<>();
    private long revision;
    /** Deletions up to this revision are forgotten. */
    private long horizon;

    private boolean complete;

    private static final class Entry {
        final FeedObject object;
        final long created;
        final long revision;
        final @Nullable Instant deletedAt;
        // One line serves all readers: encoding once per reader would cost 10,000 times.
        @Nullable
        String added;

        @Nullable
        String changed;

        Entry(FeedObject object, long created, long revision, @Nullable Instant deletedAt) {
            this.object = object;
            this.created = created;
            this.revision = revision;
            this.deletedAt = deletedAt;
        }
    }

    /**
     * Lines for one reader.
     *
     * @param lines with their line breaks
     * @param revision that the reader stands at afterwards
     * @param caughtUp nothing is left to read
     */
    public record Batch(List<String> lines, long revision, boolean caughtUp) {}

    public FeedStore(String epoch) {
        this.epoch = epoch;
    }

    /** Makes the store hold exactly these objects; readers hear of the difference. Returns whether there was one. */
    public boolean replaceAll(Map<String, ? extends FeedObject> wanted, Instant now) {
        boolean changed = false;
        synchronized (this) {
            for (FeedObject object : wanted.values()) {
                changed |= put(object);
            }
            Set<String> gone = new HashSet<>();
            byKey.forEach((key, entry) -> {
                if (entry.deletedAt == null && !wanted.containsKey(key)) {
                    gone.add(key);
                }
            });
            for (String key : gone) {
                Entry old = byKey.get(key);
                if (old != null) {
                    replace(old, new Entry(old.object, old.created, ++revision, now));
                    changed = true;
                }
            }
            forgetDeletions(now);
        }
        if (changed) {
            wakeReaders();
        }
        return changed;
    }

    /**
     * Says whether the store holds all there is. Until then readers get what there is without a bookmark, because a
     * bookmark lets them drop what was not in the list.
     */
    public void complete(boolean nowComplete) {
        boolean changed;
        synchronized (this) {
            changed = complete != nowComplete;
            complete = nowComplete;
        }
        if (changed) {
            wakeReaders();
        }
    }

    public synchronized boolean complete() {
        return complete;
    }

    /** Called after each change, on the thread that made it: must only enqueue. */
    void onChange(Runnable reader) {
        readers.add(reader);
    }

    void removeReader(Runnable reader) {
        readers.remove(reader);
    }

    /**
     * Where a reader continues: 0 without a version.
     *
     * @return empty when the version is foreign or too old: the reader has to fetch the list again
     */
    public synchronized Optional<Long> resume(String resourceVersion) {
        if (resourceVersion.isEmpty() || resourceVersion.equals("0")) {
            return Optional.of(0L);
        }
        int dash = resourceVersion.lastIndexOf('-');
        if (dash < 0 || !resourceVersion.substring(0, dash).equals(epoch)) {
            return Optional.empty();
        }
        try {
            long at = Long.parseLong(resourceVersion.substring(dash + 1));
            return at < horizon || at > revision || at < 0 ? Optional.empty() : Optional.of(at);
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    /**
     * The next lines after {@code after}; a reader from 0 gets the list without deletions.
     *
     * @param fresh the reader began at 0 and has not caught up yet
     */
    synchronized Batch read(long after, boolean fresh, int max) {
        List<String> lines = new ArrayList<>();
        long at = after;
        for (Entry entry : byRevision.tailMap(after, false).values()) {
            if (lines.size() == max) {
                return new Batch(lines, at, false);
            }
            at = entry.revision;
            if (!(fresh && entry.deletedAt != null)) {
                lines.add(line(entry, fresh || entry.created > after));
            }
        }
        return new Batch(lines, Math.max(at, revision), true);
    }

    String bookmark(long at) {
        return FeedCodec.encode(FeedEvent.bookmark(version(at))) + "\n";
    }

    /** A line that changes nothing for the reader, as a sign of life while no bookmark may be sent. */
    synchronized Optional<String> repeatMesh() {
        Entry mesh = byKey.get("mesh");
        return mesh == null || mesh.deletedAt != null ? Optional.empty() : Optional.of(line(mesh, false));
    }

    String version(long at) {
        return epoch + "-" + at;
    }

    private boolean put(FeedObject object) {
        Entry old = byKey.get(object.key());
        if (old != null && old.deletedAt == null) {
            if (old.object.equals(object)) {
                return false;
            }
            replace(old, new Entry(object, old.created, ++revision, null));
            return true;
        }
        long at = ++revision;
        if (old != null) {
            byRevision.remove(old.revision);
        }
        Entry entry = new Entry(object, at, at, null);
        byKey.put(object.key(), entry);
        byRevision.put(at, entry);
        return true;
    }

    private void replace(Entry old, Entry entry) {
        byRevision.remove(old.revision);
        byKey.put(entry.object.key(), entry);
        byRevision.put(entry.revision, entry);
    }

    private void forgetDeletions(Instant now) {
        byRevision.values().removeIf(entry -> {
            boolean old = entry.deletedAt != null
                    && entry.deletedAt.plus(DELETIONS_KEPT).isBefore(now);
            if (old) {
                byKey.remove(entry.object.key());
                horizon = Math.max(horizon, entry.revision);
            }
            return old;
        });
    }

    private String line(Entry entry, boolean unknownToReader) {
        if (entry.deletedAt == null && unknownToReader) {
            if (entry.added == null) {
                entry.added = encode(FeedEvent.Type.ADDED, entry);
            }
            return entry.added;
        }
        if (entry.changed == null) {
            entry.changed = encode(entry.deletedAt == null ? FeedEvent.Type.MODIFIED : FeedEvent.Type.DELETED, entry);
        }
        return entry.changed;
    }

    private String encode(FeedEvent.Type type, Entry entry) {
        return FeedCodec.encode(new FeedEvent(type, entry.object, version(entry.revision))) + "\n";
    }

    private void wakeReaders() {
        readers.forEach(Runnable::run);
    }
}
