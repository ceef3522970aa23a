// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

/**
 * Why a packet was not sealed or opened: negative numbers, so that a length and a verdict share one {@code int}. Each
 * kills one packet, {@link #EXHAUSTED} and {@link #EXPIRED} all further ones of that SA.
 */
public final class EspVerdict {

    /** Too short, wrong alignment, impossible padding, or an inner packet that is not IP. */
    public static final int MALFORMED = -1;
    /** Sequence number seen before, or older than the window. */
    public static final int REPLAYED = -2;
    /** The integrity check failed: forged, damaged, or another key. */
    public static final int BAD_ICV = -3;
    /** Authentic, but its addresses are outside the SA's selectors (RFC 4301 section 5.2). */
    public static final int SELECTOR = -4;
    /** A dummy packet (next header 59): authentic, to be dropped silently (RFC 4303 section 2.6). */
    public static final int DUMMY = -5;
    /** A hard limit in packets or bytes is reached. */
    public static final int EXHAUSTED = -6;
    /** The buffer lacks headroom or tailroom: a bug of the caller. */
    public static final int NO_ROOM = -7;
    /** The SA was closed while a packet was under way. */
    public static final int CLOSED = -8;

    /** Verdicts are -1 to -COUNT, so {@code counters[-verdict]} works with an array of COUNT + 1. */
    public static final int COUNT = 8;

    private static final String[] NAMES = {
        "ok", "malformed", "replayed", "bad_icv", "selector", "dummy", "exhausted", "no_room", "closed"
    };

    private EspVerdict() {}

    /** A label for counters; "ok" for lengths. */
    public static String name(int verdict) {
        return NAMES[verdict >= 0 ? 0 : -verdict];
    }
}
