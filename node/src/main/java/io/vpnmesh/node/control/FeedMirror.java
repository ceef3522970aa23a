// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a feed has said so far, so that a repeated line changes nothing, a new list removes what it does not name, and
 * the last feed can be kept. One owner thread.
 */
final class FeedMirror {

    private final Map<String, FeedObject> objects = new LinkedHashMap<>();
    private final Set<String> unseen = new HashSet<>();
    private boolean listing;
    private String resourceVersion = "";

    /** Empty = a list from the start is wanted. */
    String resourceVersion() {
        return resourceVersion;
    }

    /** A full list follows, up to the next bookmark; what it does not name is gone. */
    void beginList() {
        listing = true;
        unseen.clear();
        unseen.addAll(objects.keySet());
        resourceVersion = "";
    }

    /** Takes one event; returns what it changes here, in order. */
    List<FeedEvent> apply(FeedEvent event) {
        if (!event.resourceVersion().isEmpty()) {
            resourceVersion = event.resourceVersion();
        }
        String key = event.object().key();
        return switch (event.type()) {
            case BOOKMARK -> endList(event);
            case DELETED -> removed(key, event).map(List::of).orElse(List.of());
            case ADDED, MODIFIED -> put(key, event).map(List::of).orElse(List.of());
        };
    }

    private List<FeedEvent> endList(FeedEvent bookmark) {
        List<FeedEvent> changes = new ArrayList<>();
        if (listing) {
            listing = false;
            for (String key : unseen) {
                removed(key, bookmark).ifPresent(changes::add);
            }
            unseen.clear();
        }
        changes.add(bookmark);
        return changes;
    }

    private Optional<FeedEvent> removed(String key, FeedEvent event) {
        FeedObject known = objects.remove(key);
        return known == null
                ? Optional.empty()
                : Optional.of(new FeedEvent(FeedEvent.Type.DELETED, known, event.resourceVersion()));
    }

    private Optional<FeedEvent> put(String key, FeedEvent event) {
        unseen.remove(key);
        if (event.object() instanceof FeedObject.CommandObject) {
            return Optional.of(event); // a question, not a state
        }
        if (event.object() instanceof FeedObject.UnknownObject) {
            return Optional.empty();
        }
        FeedObject known = objects.put(key, event.object());
        if (event.object().equals(known)) {
            return Optional.empty();
        }
        FeedEvent.Type type = known == null ? FeedEvent.Type.ADDED : FeedEvent.Type.MODIFIED;
        return Optional.of(new FeedEvent(type, event.object(), event.resourceVersion()));
    }

    /** Everything as lines that {@link #events} reads back. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (FeedObject object : objects.values()) {
            lines.add(FeedCodec.encode(new FeedEvent(FeedEvent.Type.ADDED, object, resourceVersion)));
        }
        return lines;
    }

    /** Parses lines; blank ones and comments are skipped. Errors: MalformedException that names the line. */
    static List<FeedEvent> events(List<String> lines) throws MalformedException {
        List<FeedEvent> events = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            try {
                events.add(FeedCodec.decode(line));
            } catch (MalformedException e) {
                throw new MalformedException(i, "line " + (i + 1), e.getMessage());
            }
        }
        return events;
    }
}
