// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.nat.check.Liveness;
import io.vpnmesh.nat.check.Prober;

/** One path of a {@link PathAgent}, with its checks and its place in the race for being used. */
final class CheckedPath {

    final Path path;
    final CandidateKind kind;
    final Prober prober;
    int answers;
    /** Consecutive answers at which this path was clearly better than the one in use. */
    int betterAnswers;

    long triggeredNs = -1;
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

    /** Proven by two answers and not given up since. */
    boolean isProven() {
        return answers >= 2 && (state() == Liveness.State.ALIVE || state() == Liveness.State.SUSPECT);
    }

    boolean isFailed() {
        return state() == Liveness.State.FAILED;
    }

    double rttMs() {
        return prober.liveness().srttNs() / 1e6;
    }

    /** Lower is better: round trip, 10 ms for each per cent of loss, and a class that breaks ties. */
    double score() {
        double tier =
                switch (kind) {
                    case HOST -> 0;
                    case STATIC, PORT_MAPPED, SERVER_REFLEXIVE, DEPENDENT_REFLEXIVE, PEER_REFLEXIVE -> 1;
                };
        return rttMs() + prober.liveness().lossPerMille() + tier;
    }
}
