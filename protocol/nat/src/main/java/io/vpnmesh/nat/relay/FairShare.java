// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

/**
 * Divides a relay that has more to do than it can. As long as nothing is lost for want of room everybody gets what he
 * asks for. When something is, the clients that use most are held to one common rate, the *share*, as senders and as
 * receivers, and those below it notice nothing: max-min fairness with a single number.
 *
 * <p>The share follows a window of 50 ms: it starts at the rate of the heaviest client, falls by an eighth while there is
 * pressure, rises by a sixteenth while there is none, and ends when nobody comes near it. It never falls below the mean of
 * those who send, because a fair share cannot. Pressure that strangers make (senders that are no clients, whose packets
 * are dropped anyway) is not paid for by clients.
 *
 * <p>What passes is decided for whole trains, so that none is broken. Bulk stops first: short datagrams (acknowledgements,
 * path checks) may overdraw a little; and a light sender may overdraw its receiver's share, so that a heavy one cannot
 * starve it there. Relayed control never comes here.
 *
 * <p>Units: bytes, with {@link #DATAGRAM_UNITS} more per datagram, for what it costs however short it is. One owner thread,
 * no allocation.
 */
public final class FairShare {

    /** A datagram that is not part of a train costs about as much as forwarding so many bytes of one. */
    public static final int DATAGRAM_UNITS = 256;

    /** Acknowledgements, checks and small answers; not worth an early drop. */
    static final int SHORT_BYTES = 300;

    static final long WINDOW_NS = 50_000_000L;

    /** Bytes of one sender that may leave before another's turn comes (deficit round robin). */
    static final int QUANTUM = 65_536;

    /** Whatever the share is, a client may send one full train at once. */
    private static final long MIN_BURST = 2L * QUANTUM;

    private static final double SECOND_NS = 1e9;
    private static final double FALL = 7.0 / 8;
    private static final double RISE = 17.0 / 16;
    /** The share ends when the heaviest client uses less than half of it. */
    private static final double CALM = 2;

    /** A sender is light when it asks for less than this part of the share. */
    private static final double LIGHT = 1.0 / 4;

    private static final double UNLIMITED = Double.POSITIVE_INFINITY;

    /** What one client uses, in one direction. Belongs to the owner of the {@link FairShare}. */
    static final class Account {
        private long window = -1;
        private long used;
        private long usedBefore;
        private double credit;
        private long refilledNs;
        private boolean limited;
        private long batch = -1;
        private long batchUnits;
    }

    private double share = UNLIMITED;
    private double burst = MIN_BURST;
    private long window;
    private long windowEndNs = WINDOW_NS;
    private long nowNs;
    private long batch;
    private long heaviest;
    private long strangers;
    private long total;
    private int senders;
    private boolean pressure;

    /** A new receive batch; turns begin anew. */
    public void begin(long timeNs) {
        nowNs = timeNs;
        batch++;
        if (nowNs >= windowEndNs) {
            endWindow();
        }
    }

    /** Something was lost for want of room: in the receive buffer, or because the send buffer stayed full. */
    public void pressure() {
        pressure = true;
    }

    /** What came from nobody's tuple. */
    public void stranger(int bytes, int datagrams) {
        strangers += units(bytes, datagrams);
    }

    /** {@code way} if these datagrams, one train or part of one, may pass; and charges them to both. */
    public Route admit(RelayedClient from, RelayedClient to, int bytes, int datagrams, Route way) {
        long units = units(bytes, datagrams);
        note(from.sending, units);
        if (from.sending.used == units) {
            senders++;
        }
        note(to.receiving, units);
        if (share == UNLIMITED) {
            total += units;
            return way;
        }
        double ownCredit = refill(from.sending);
        double otherCredit = refill(to.receiving);
        double overdraft = bytes <= SHORT_BYTES * datagrams ? -burst / 4 : 0;
        if (ownCredit <= overdraft) {
            return Route.Verdict.OVER_SENDER_SHARE;
        }
        // By what it asked for, not by its credit: a heavy sender that its receiver holds back saves credit too.
        boolean light = Math.max(from.sending.used, from.sending.usedBefore) < burst * LIGHT;
        if (otherCredit <= (light ? -burst : overdraft)) {
            return Route.Verdict.OVER_RECEIVER_SHARE;
        }
        from.sending.credit -= units;
        to.receiving.credit -= units;
        total += units;
        return way;
    }

    /**
     * In which turn these datagrams leave: every sender's first 64 KiB of a batch before anybody's second. When not all
     * can leave, it is the heaviest sender's last ones that stay.
     */
    public int round(RelayedClient from, int bytes) {
        Account account = from.sending;
        if (account.batch != batch) {
            account.batch = batch;
            account.batchUnits = 0;
        }
        int round = (int) (account.batchUnits / QUANTUM);
        account.batchUnits += bytes;
        return round;
    }

    /** Units per second that nobody may exceed; infinite when there is enough for all. */
    public double share() {
        return share;
    }

    private static long units(int bytes, int datagrams) {
        return bytes + (long) DATAGRAM_UNITS * datagrams;
    }

    private void note(Account account, long units) {
        if (account.window != window) {
            account.usedBefore = account.window == window - 1 ? account.used : 0;
            account.window = window;
            account.used = 0;
        }
        account.used += units;
        heaviest = Math.max(heaviest, account.used);
    }

    private double refill(Account account) {
        if (!account.limited) {
            account.limited = true;
            account.credit = burst;
        } else {
            double more = (nowNs - account.refilledNs) / SECOND_NS * share;
            account.credit = Math.min(burst, account.credit + more);
        }
        account.refilledNs = nowNs;
        return account.credit;
    }

    private void endWindow() {
        double seconds = (WINDOW_NS + nowNs - windowEndNs) / SECOND_NS;
        double heaviestRate = heaviest / seconds;
        if (pressure && heaviest > strangers) {
            double mean = senders == 0 ? 0 : total / seconds / senders;
            setShare(Math.max(Math.min(share, heaviestRate) * FALL, mean));
        } else if (share != UNLIMITED) {
            setShare(heaviestRate * CALM < share ? UNLIMITED : share * RISE);
        }
        window++;
        windowEndNs = nowNs + WINDOW_NS;
        heaviest = 0;
        strangers = 0;
        total = 0;
        senders = 0;
        pressure = false;
    }

    private void setShare(double next) {
        share = next;
        burst = next == UNLIMITED ? MIN_BURST : Math.max(MIN_BURST, next * WINDOW_NS / SECOND_NS);
    }
}
