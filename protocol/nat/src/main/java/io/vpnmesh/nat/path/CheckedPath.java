// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.nat.check.Liveness;
import io.vpnmesh.nat.check.Prober;

/** One path of a {@link PathAgent}, with its checks and its place in the race for being used. */
final class CheckedPath {

    /** A peer that keeps asking on a pair that failed for us makes us try again that often. */
    private static final long TRIGGER_GAP_NS = 1_000_000_000L;

    final Path path;
    final CandidateKind kind;
    final Prober prober;
    private long triggeredNs = -1;
    int answers;
    /** Consecutive answers at which this path was clearly better than the one in use. */
    int betterAnswers;

    long outboundSeen;
    long inboundSeen;
    /** When a failed one is tried again; only relays use it. */
    long retryNs;

    CheckedPath(Path path, CandidateKind kind, Prober prober) {
        this.path = path;
        this.kind = kind;
        this.prober = prober;
    }

    Liveness liveness() {
        return prober.liveness();
    }

    Liveness.State state() {
        return prober.liveness().state();
    }

    boolean isDirect() {
        return path instanceof Path.Direct;
    }

    /** Proven by two answers and not given up since. */
    boolean isProven() {
        return answers >= 2 && (state() == Liveness.State.ALIVE || state() == Liveness.State.SUSPECT);
    }

    boolean isFailed() {
        return state() == Liveness.State.FAILED;
    }

    /** The peer has asked on it: a check of ours may pass too (RFC 8445 section 7.3.1.4). */
    void trigger(long nowNs) {
        boolean resting = state() == Liveness.State.UNPROVEN || isFailed();
        if (resting && (triggeredNs < 0 || nowNs - triggeredNs >= TRIGGER_GAP_NS)) {
            triggeredNs = nowNs;
            liveness().checkNow(nowNs);
        }
    }

    double rttMs() {
        return prober.liveness().srttNs() / 1e6;
    }

    /** Lower is better: round trip, 10 ms for each per cent of loss, and a class that breaks ties. */
    double score() {
        double tier = switch (kind) {
            case HOST -> 0;
            case STATIC, PORT_MAPPED, SERVER_REFLEXIVE, DEPENDENT_REFLEXIVE, PEER_REFLEXIVE -> 1;
        };
        return rttMs() + prober.liveness().lossPerMille() + tier;
    }
}
