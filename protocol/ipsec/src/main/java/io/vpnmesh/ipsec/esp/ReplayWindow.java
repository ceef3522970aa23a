// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import java.util.Arrays;

/**
 * The anti-replay window as a ring of 64-bit words (RFC 4303 section 3.4.3, bitmap of RFC 6479). {@link #isFresh} before
 * the integrity check, {@link #commit} after it, so that a forgery cannot move the window. Sequence numbers are the full
 * 64 bits of ESN; without ESN the upper half stays 0. One owner thread.
 */
final class ReplayWindow {

    private long[] words;
    private int wordMask;
    private int size;
    private long highest;

    /** @param bits a power of two, at least 128; one word of it is the gap that lets the ring turn */
    ReplayWindow(int bits) {
        if (bits < 128 || Integer.bitCount(bits) != 1) {
            throw new IllegalArgumentException("window of " + bits + " bits");
        }
        words = new long[bits >>> 6];
        wordMask = words.length - 1;
        size = bits - 64;
    }

    /** Words in all, times 64. */
    int bits() {
        return words.length << 6;
    }

    /**
     * Widens the window and keeps its history: what it knew it knows, and what lay before it counts as seen, because
     * nobody remembers whether it was. Nothing happens unless {@code bits} is more than now.
     */
    void grow(int bits) {
        if (bits <= bits()) {
            return;
        }
        ReplayWindow wider = new ReplayWindow(bits);
        Arrays.fill(wider.words, -1L);
        long newest = highest >>> 6;
        for (long word = Math.max(0, newest - words.length + 1); word <= newest; word++) {
            wider.words[(int) word & wider.wordMask] = words[(int) word & wordMask];
        }
        words = wider.words;
        wordMask = wider.wordMask;
        size = wider.size;
    }

    /** The highest sequence number that was authentic; 0 at first. */
    long highest() {
        return highest;
    }

    /**
     * The 64-bit number that a 32-bit one stands for, by the position of the window (RFC 4303 appendix A2.2). Below zero
     * for a number from before the first one.
     */
    long expand(int low) {
        long lowPart = low & 0xFFFF_FFFFL;
        long top = highest & 0xFFFF_FFFFL;
        long epoch = highest >>> 32;
        long bottom = top - size + 1 & 0xFFFF_FFFFL;
        boolean windowInOneEpoch = top >= size - 1;
        long high = windowInOneEpoch ? lowPart >= bottom ? epoch : epoch + 1 : lowPart >= bottom ? epoch - 1 : epoch;
        return high << 32 | lowPart;
    }

    boolean isFresh(long sequence) {
        if (sequence > highest) {
            return true;
        }
        if (sequence <= 0 || highest - sequence >= size) {
            return false;
        }
        return (words[(int) (sequence >>> 6) & wordMask] & 1L << sequence) == 0;
    }

    /** Marks an authentic number; false if it was marked already. */
    boolean commit(long sequence) {
        if (!isFresh(sequence)) {
            return false;
        }
        if (sequence > highest) {
            long skipped = Math.min((sequence >>> 6) - (highest >>> 6), words.length);
            for (long i = 1; i <= skipped; i++) {
                words[(int) ((highest >>> 6) + i) & wordMask] = 0;
            }
            highest = sequence;
        }
        words[(int) (sequence >>> 6) & wordMask] |= 1L << sequence;
        return true;
    }
}
