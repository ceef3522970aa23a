// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import io.vpnmesh.core.TimerTable;

/**
 * Is a path alive? Decides when to check and what silence means; knows neither bytes nor addresses.
 *
 * <p>Demand and nothing inbound for max(3 RTT, 200 ms) asks for a check; a check without answer for max(2 RTT, 150 ms)
 * makes the path suspect; four misses fail it. Without demand, while packets still come in, and on a path that always
 * loses some, more misses are forgiven, because then a lost check is likelier than a dead path. Late answers count.
 *
 * <p>Source: docs/wire.md, "Checks and liveness".
 */
public final class Liveness {

    /** What is known about the path. */
    public enum State {
        /** No check of ours was answered yet: not to be used. */
        UNPROVEN,
        ALIVE,
        /** A check went unanswered: use it, and another one beside it. */
        SUSPECT,
        FAILED
    }

    private static final long MS = 1_000_000;
    private static final long DEMAND_MIN_NS = 200 * MS;
    private static final long ANSWER_MIN_NS = 150 * MS;
    /** Retransmission of the first checks: 100, 200, 400, 800 ms (RFC 8489 section 6.2.1 with a smaller start). */
    private static final long FIRST_RTO_NS = 100 * MS;

    private static final int ATTEMPTS_UNPROVEN = 4;
    private static final int MISSES_UNDER_DEMAND = 4;
    /** Idle, at 30 % loss each way, six misses in a row come once in 60 rounds, and cost only a retry. */
    private static final int MISSES_IDLE = 6;
    /** Packets come in: only our direction may be dead; about 2.5 s until we leave it. */
    private static final int MISSES_WITH_EVIDENCE = 8;
    /** However lossy a path is, so many misses in a row end it; all the while packets go over the warm path too. */
    private static final int MISSES_MAX = 10;
    /** A series of misses that a path with its usual loss produces more often than this proves nothing. */
    private static final double CHANCE = 1e-4;
    /** Checks over which the loss is averaged. */
    private static final int LOSS_WINDOW = 32;
    /** Demand older than this is history. */
    private static final long DEMAND_FRESH_NS = 1_000 * MS;

    private State state = State.UNPROVEN;
    private long keepaliveNs;
    private long nextCheckNs;
    private long answerDueNs = TimerTable.NEVER;
    private long firstMissSentNs = TimerTable.NEVER;
    private long lastSentNs;
    private int misses;
    private long srttNs;
    private double loss;
    /** The loss before the present series of misses. */
    private double usualLoss;

    private long demandSinceNs = TimerTable.NEVER;
    private long lastOutboundNs = -1;
    private long lastInboundNs = -1;

    /** The first check is due at once. */
    public Liveness(long nowNs, long keepaliveNs) {
        this.nextCheckNs = nowNs;
        this.keepaliveNs = keepaliveNs;
    }

    public State state() {
        return state;
    }

    /** Smoothed as RFC 6298 does; 0 = never measured. */
    public long srttNs() {
        return srttNs;
    }

    public int lossPerMille() {
        return (int) Math.round(loss * 1000);
    }

    public boolean hasDemand(long nowNs) {
        return lastOutboundNs >= 0 && nowNs - lastOutboundNs < DEMAND_FRESH_NS;
    }

    /** The time at which {@link #advance} or {@link #checkDue} has news. */
    public long nextNs() {
        if (state == State.FAILED) {
            return TimerTable.NEVER;
        }
        if (answerDueNs != TimerTable.NEVER) {
            return answerDueNs;
        }
        return Math.min(nextCheckNs, demandCheckNs());
    }

    /** Applies the time-outs; returns the state then. */
    public State advance(long nowNs) {
        if (state == State.FAILED || answerDueNs > nowNs) {
            return state;
        }
        answerDueNs = TimerTable.NEVER;
        nextCheckNs = nowNs;
        misses++;
        if (misses == 1) {
            firstMissSentNs = lastSentNs;
            usualLoss = loss;
        }
        loss += (1 - loss) / LOSS_WINDOW;
        if (misses >= allowedMisses(nowNs)) {
            state = State.FAILED;
            nextCheckNs = TimerTable.NEVER;
        } else if (state == State.ALIVE && !evidence()) {
            state = State.SUSPECT;
        }
        return state;
    }

    /** Call after {@link #advance}; true asks for one check, to be told by {@link #sent}. */
    public boolean checkDue(long nowNs) {
        return state != State.FAILED
                && answerDueNs == TimerTable.NEVER
                && (nextCheckNs <= nowNs || demandCheckNs() <= nowNs);
    }

    public void sent(long nowNs) {
        lastSentNs = nowNs;
        answerDueNs = nowNs + answerTimeNs();
        nextCheckNs = TimerTable.NEVER;
    }

    /** An authentic answer, however late. Revives a failed path too: the caller decides whether to use it. */
    public void answered(long nowNs, long rttNs) {
        srttNs = srttNs == 0 ? Math.max(rttNs, 1) : srttNs + (rttNs - srttNs) / 8;
        loss -= loss / LOSS_WINDOW;
        state = State.ALIVE;
        misses = 0;
        firstMissSentNs = TimerTable.NEVER;
        answerDueNs = TimerTable.NEVER;
        nextCheckNs = nowNs + keepaliveNs;
        inbound(nowNs);
    }

    /** A packet went out on this path. */
    public void outbound(long nowNs) {
        lastOutboundNs = nowNs;
        demandSinceNs = Math.min(demandSinceNs, nowNs);
    }

    /** A packet that passed its ICV came in on this path. */
    public void inbound(long nowNs) {
        lastInboundNs = nowNs;
        demandSinceNs = TimerTable.NEVER;
    }

    /** A new idle interval; a running one is shortened, never lengthened. */
    public void keepalive(long intervalNs, long nowNs) {
        keepaliveNs = intervalNs;
        if (nextCheckNs != TimerTable.NEVER) {
            nextCheckNs = Math.min(nextCheckNs, nowNs + intervalNs);
        }
    }

    /** Asks for a check now, in whatever state. */
    public void checkNow(long nowNs) {
        if (state == State.FAILED) {
            state = State.UNPROVEN;
            misses = 0;
        }
        if (answerDueNs == TimerTable.NEVER) {
            nextCheckNs = nowNs;
        }
    }

    private long demandCheckNs() {
        return state != State.ALIVE || demandSinceNs == TimerTable.NEVER
                ? TimerTable.NEVER
                : demandSinceNs + Math.max(3 * srttNs, DEMAND_MIN_NS);
    }

    private long answerTimeNs() {
        if (state == State.UNPROVEN) {
            return FIRST_RTO_NS << Math.min(misses, ATTEMPTS_UNPROVEN);
        }
        long time = Math.max(2 * srttNs, ANSWER_MIN_NS);
        return misses < MISSES_UNDER_DEMAND ? time : 2 * time;
    }

    private int allowedMisses(long nowNs) {
        if (state == State.UNPROVEN) {
            return ATTEMPTS_UNPROVEN;
        }
        int calm = evidence() ? MISSES_WITH_EVIDENCE : hasDemand(nowNs) ? MISSES_UNDER_DEMAND : MISSES_IDLE;
        int likely = usualLoss <= 0 ? 0 : (int) Math.ceil(Math.log(CHANCE) / Math.log(usualLoss));
        return Math.clamp(likely, calm, MISSES_MAX);
    }

    private boolean evidence() {
        return firstMissSentNs != TimerTable.NEVER && lastInboundNs > firstMissSentNs;
    }
}
