// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import io.vpnmesh.nat.stun.TransactionIds;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The checks on one path: their transactions and what the answers mean for its {@link Liveness}. */
public final class Prober {

    /** Answers later than that many checks back are not worth their memory. */
    private static final int MAX_OUTSTANDING = 8;

    private record Outstanding(CheckSession session, long sentNs) {}

    private final int pathId;
    private final TransactionIds ids;
    private final Liveness liveness;
    private final Map<TransactionId, Outstanding> outstanding = new LinkedHashMap<>();

    public Prober(int pathId, TransactionIds ids, Liveness liveness) {
        this.pathId = pathId;
        this.ids = ids;
        this.liveness = liveness;
    }

    public Liveness liveness() {
        return liveness;
    }

    /** A fresh request: every transmission is a transaction of its own, so that round trips are unambiguous. */
    public byte[] request(CheckSession session, boolean inUse, @Nullable String nonce, int paddingBytes, long nowNs) {
        if (outstanding.size() >= MAX_OUTSTANDING) {
            Iterator<TransactionId> oldest = outstanding.keySet().iterator();
            ids.close(oldest.next());
            oldest.remove();
        }
        TransactionId id = ids.open();
        outstanding.put(id, new Outstanding(session, nowNs));
        liveness.sent(nowNs);
        int rttMicros = (int) Math.min(liveness.srttNs() / 1000, Integer.MAX_VALUE);
        return session.request(
                id, new CheckSession.Path(pathId, inUse, rttMicros, liveness.lossPerMille()), nonce, paddingBytes);
    }

    public boolean owns(TransactionId id) {
        return outstanding.containsKey(id);
    }

    /** True if the message is an authentic response to a check of this path; then the liveness knows. */
    public boolean answered(StunMessage message, byte[] bytes, long nowNs) {
        Outstanding check = outstanding.get(message.transactionId());
        if (check == null || !check.session().verifyResponse(message, bytes)) {
            return false;
        }
        outstanding.remove(message.transactionId());
        ids.close(message.transactionId());
        liveness.answered(nowNs, nowNs - check.sentNs());
        return true;
    }

    /** Gives the transactions back; late answers are not recognised any more. */
    public void close() {
        outstanding.keySet().forEach(ids::close);
        outstanding.clear();
    }
}
