// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.peer;

import io.vpnmesh.operator.peer.PeerReports.Reported;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When the newest report of one pod is to be written: at once if what people look at changed, else at most once a minute,
 * and never if nothing changed. Time comes from the caller, in milliseconds of any clock that does not go back.
 */
final class ReportPacer {

    static final long QUIET_MILLIS = 60_000;

    private @Nullable Reported written;
    private @Nullable Reported waiting;
    private long writtenAtMillis;
    private boolean scheduled;

    /** Returns after how many milliseconds {@link #take} has to be called, -1 if nobody needs to. */
    synchronized long offer(Reported facts, long nowMillis) {
        if (facts.equals(written)) {
            waiting = null;
            return -1;
        }
        waiting = facts;
        if (urgent(facts)) {
            scheduled = true;
            return 0;
        }
        if (scheduled) {
            return -1;
        }
        scheduled = true;
        return Math.max(0, writtenAtMillis + QUIET_MILLIS - nowMillis);
    }

    /** The report to write now, null if there is none. */
    synchronized @Nullable Reported take(long nowMillis) {
        Reported facts = waiting;
        waiting = null;
        scheduled = false;
        if (facts != null) {
            written = facts;
            writtenAtMillis = nowMillis;
        }
        return facts;
    }

    private boolean urgent(Reported facts) {
        Reported before = written;
        return before == null
                || !before.homeRelays().equals(facts.homeRelays()) // others send to the pod at these
                || (before.relayed() == 0) != (facts.relayed() == 0)
                || !Objects.equals(before.relayedReason(), facts.relayedReason());
    }
}
