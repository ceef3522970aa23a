// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;

/**
 * Packets that wait until their owner has an outbound SA. Bounded in all and per owner; the oldest gives way and is
 * counted. Belongs to the outbound thread.
 *
 * @param <T> an owner
 */
public final class HoldQueue<T> {

    /** A handshake takes some round trips: what a few flows send into it, and no more. */
    public static final int PER_OWNER = 32;

    public static final int TOTAL = 512;

    private record Held<T>(T owner, byte[] packet, int atSeconds) {}

    private final Deque<Held<T>> held = new ArrayDeque<>();
    private final int perOwner;
    private final int total;

    public HoldQueue() {
        this(PER_OWNER, TOTAL);
    }

    HoldQueue(int perOwner, int total) {
        this.perOwner = perOwner;
        this.total = total;
    }

    /** Keeps a copy; returns how many older packets had to go for it. */
    public int hold(T owner, byte[] buffer, int offset, int length, int nowSeconds) {
        int dropped = 0;
        if (held.size() >= total) {
            held.removeFirst();
            dropped++;
        }
        if (held.stream().filter(entry -> entry.owner().equals(owner)).count() >= perOwner) {
            dropped += dropOldestOf(owner);
        }
        held.addLast(new Held<>(owner, Arrays.copyOfRange(buffer, offset, offset + length), nowSeconds));
        return dropped;
    }

    private int dropOldestOf(T owner) {
        for (Iterator<Held<T>> entries = held.iterator(); entries.hasNext(); ) {
            if (entries.next().owner().equals(owner)) {
                entries.remove();
                return 1;
            }
        }
        return 0;
    }

    /** Takes what waits for this owner, in order. */
    public List<byte[]> release(T owner) {
        List<byte[]> packets = new ArrayList<>();
        for (Iterator<Held<T>> entries = held.iterator(); entries.hasNext(); ) {
            Held<T> entry = entries.next();
            if (entry.owner().equals(owner)) {
                packets.add(entry.packet());
                entries.remove();
            }
        }
        return packets;
    }

    /** Forgets what has waited for longer than its sender would care; returns how many. */
    public int expire(int nowSeconds, int maxAgeSeconds) {
        int dropped = 0;
        while (!held.isEmpty() && nowSeconds - held.getFirst().atSeconds() > maxAgeSeconds) {
            held.removeFirst();
            dropped++;
        }
        return dropped;
    }

    public int size() {
        return held.size();
    }
}
