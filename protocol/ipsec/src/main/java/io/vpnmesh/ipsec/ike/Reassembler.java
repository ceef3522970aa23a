// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.IkePayload;
import java.util.Optional;

/**
 * Collects the fragments of one message (RFC 7383 section 2.6), each already authentic. Bounded in count and bytes: a
 * message that grows beyond is forgotten.
 */
final class Reassembler {

    /** 64 kB in the smallest sensible pieces of 576-byte packets. */
    private static final int MAX_FRAGMENTS = 128;

    private final int maxBytes;
    private final FragmentBudget budget;
    private byte[][] pieces = new byte[0][];
    private int messageId = -1;
    private boolean response;
    private int missing;
    private int bytes;
    private int firstPayload;

    Reassembler(int maxBytes, FragmentBudget budget) {
        this.maxBytes = maxBytes;
        this.budget = budget;
    }

    record Whole(int firstPayload, byte[] inner) {}

    /** True if this fragment is worth opening: wanted, and not there already. */
    boolean wants(int id, boolean isResponse, IkePayload.EncryptedFragment fragment) {
        if (fragment.total() > MAX_FRAGMENTS) {
            return false;
        }
        boolean same = id == messageId && isResponse == response;
        return !same
                || fragment.total() > pieces.length
                || (fragment.total() == pieces.length && pieces[fragment.number() - 1] == null);
    }

    /** Adds an authentic fragment; present when it completes the message. */
    Optional<Whole> add(int id, boolean isResponse, IkePayload.EncryptedFragment fragment, byte[] inner) {
        // A larger total is a sender that has learnt of a smaller path MTU: start afresh (RFC 7383 section 2.6).
        if (id != messageId || isResponse != response || fragment.total() > pieces.length) {
            clear();
            messageId = id;
            response = isResponse;
            pieces = new byte[fragment.total()][];
            missing = fragment.total();
        }
        if (fragment.total() != pieces.length || pieces[fragment.number() - 1] != null) {
            return Optional.empty();
        }
        bytes += inner.length;
        if (!budget.take(inner.length)) {
            bytes -= inner.length;
            clear();
            return Optional.empty();
        }
        if (bytes > maxBytes) {
            clear();
            return Optional.empty();
        }
        pieces[fragment.number() - 1] = inner;
        if (fragment.number() == 1) {
            firstPayload = fragment.firstPayload();
        }
        if (--missing > 0) {
            return Optional.empty();
        }
        WireWriter joined = new WireWriter(bytes);
        for (byte[] piece : pieces) {
            joined.bytes(piece);
        }
        clear();
        return Optional.of(new Whole(firstPayload, joined.toByteArray()));
    }

    /** Forgets what is incomplete. */
    void clear() {
        budget.give(bytes);
        pieces = new byte[0][];
        messageId = -1;
        missing = 0;
        bytes = 0;
    }
}
