// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Frames that wait until their owner has an outbound SA. Bounded in number, in all and per owner, and in bytes; the oldest
 * gives way, and its packets are counted. Belongs to the outbound thread.
 *
 * @param <T> an owner
 */
public final class HoldQueue<T> {

    /** A handshake takes some round trips: what a few flows send into it, and no more. */
    public static final int PER_OWNER = 32;

    public static final int TOTAL = 512;

    /** Frames of a bulk flow are up to 64 KiB each. */
    private static final int TOTAL_BYTES = 1 << 20;

    private record Held<T>(T owner, byte[] frame, int packets, int atSeconds) {}

    private final Deque<Held<T>> held = new ArrayDeque<>();
    private final int perOwner;
    private final int total;
    private final int totalBytes;
    private int bytes;

    public HoldQueue() {
        this(PER_OWNER, TOTAL, TOTAL_BYTES);
    }

    HoldQueue(int perOwner, int total, int totalBytes) {
        this.perOwner = perOwner;
        this.total = total;
        this.totalBytes = totalBytes;
    }

    /** Keeps a copy of a frame of so many packets; returns how many older packets had to go for it. */
    public int hold(T owner, byte[] buffer, int offset, int length, int packets, int nowSeconds) {
        int dropped = 0;
        while (held.size() >= total || (bytes + length > totalBytes && !held.isEmpty())) {
            dropped += dropped(held.removeFirst());
        }
        if (count(owner) >= perOwner) {
            dropped += dropOldestOf(owner);
        }
        bytes += length;
        held.addLast(new Held<>(owner, Arrays.copyOfRange(buffer, offset, offset + length), packets, nowSeconds));
        return dropped;
    }

    private int count(T owner) {
        int count = 0;
        for (Held<T> entry : held) {
            count += entry.owner().equals(owner) ? 1 : 0;
        }
        return count;
    }

    private int dropOldestOf(T owner) {
        for (Iterator<Held<T>> entries = held.iterator(); entries.hasNext(); ) {
            Held<T> entry = entries.next();
            if (entry.owner().equals(owner)) {
                entries.remove();
                return dropped(entry);
            }
        }
        return 0;
    }

    private int dropped(Held<T> entry) {
        bytes -= entry.frame().length;
        return entry.packets();
    }

    /** Takes what waits for this owner, in order. */
    public List<byte[]> release(T owner) {
        List<byte[]> frames = new ArrayList<>();
        for (Iterator<Held<T>> entries = held.iterator(); entries.hasNext(); ) {
            Held<T> entry = entries.next();
            if (entry.owner().equals(owner)) {
                frames.add(entry.frame());
                bytes -= entry.frame().length;
                entries.remove();
            }
        }
        return frames;
    }

    /** Forgets what has waited for longer than its sender would care; returns how many packets. */
    public int expire(int nowSeconds, int maxAgeSeconds) {
        int dropped = 0;
        while (!held.isEmpty() && nowSeconds - held.getFirst().atSeconds() > maxAgeSeconds) {
            dropped += dropped(held.removeFirst());
        }
        return dropped;
    }

    public int size() {
        return held.size();
    }
}
