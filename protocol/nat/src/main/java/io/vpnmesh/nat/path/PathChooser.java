// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.check.Liveness;
import org.jspecify.annotations.Nullable;

/**
 * Which path to use. Direct before relayed; what is in use stays until it fails, or until another of its kind was clearly
 * better three times in a row. Pure but for the counters of the paths.
 */
final class PathChooser {

    private static final int BETTER_ANSWERS = 3;
    private static final double CLEARLY_BETTER = 0.8;
    private static final double CLEARLY_BETTER_MS = 3;

    private PathChooser() {}

    /**
     * @param mayUseDirect false while direct paths are held down
     * @param dwelt whether the path in use has been in use long enough to be left for a better one
     */
    static @Nullable CheckedPath choose(
            PathSet paths, @Nullable CheckedPath current, boolean mayUseDirect, boolean dwelt) {
        boolean keepsDirect = current != null && current.isDirect() && current.isProven();
        CheckedPath direct = mayUseDirect || keepsDirect ? bestDirect(paths, current, dwelt) : null;
        return direct != null ? direct : bestRelay(paths, current);
    }

    /** Call once for each answer on {@code path}: counts how often it was clearly better. */
    static void compare(CheckedPath path, @Nullable CheckedPath current) {
        boolean better = current != null
                && path != current
                && path.score() <= CLEARLY_BETTER * current.score() - CLEARLY_BETTER_MS;
        path.betterAnswers = better ? path.betterAnswers + 1 : 0;
    }

    /** The path to send doubles over while {@code current} is suspect; null without one. */
    static @Nullable CheckedPath warm(PathSet paths, CheckedPath current) {
        CheckedPath warm = null;
        for (CheckedPath relay : paths.relayed()) {
            if (relay != current && !relay.isFailed() && (warm == null || rank(relay) < rank(warm))) {
                warm = relay;
            }
        }
        for (CheckedPath pair : paths.direct()) {
            if (warm == null && pair != current && pair.isProven()) {
                warm = pair;
            }
        }
        return warm;
    }

    /** For an answer to a probe: back over the relay that it came through if that leads to the peer, else the best one. */
    static @Nullable CheckedPath answerRelay(PathSet paths, NodeId cameThrough) {
        CheckedPath same = paths.find(new Path.Relayed(cameThrough));
        if (same != null && !same.isFailed()) {
            return same;
        }
        CheckedPath best = bestRelay(paths, null);
        return best != null ? best : paths.relayed().stream().findFirst().orElse(null);
    }

    private static @Nullable CheckedPath bestDirect(PathSet paths, @Nullable CheckedPath current, boolean dwelt) {
        CheckedPath best = current != null && current.isDirect() && current.isProven() ? current : null;
        boolean inUse = best != null;
        for (CheckedPath pair : paths.direct()) {
            if (!pair.isProven() || pair == best) {
                continue;
            }
            boolean leaves = !inUse || dwelt && pair.betterAnswers >= BETTER_ANSWERS;
            if (best == null || leaves && pair.score() < best.score()) {
                best = pair;
            }
        }
        return best;
    }

    /** The one in use while it does not fail; else what is alive before what is merely not disproven. */
    private static @Nullable CheckedPath bestRelay(PathSet paths, @Nullable CheckedPath current) {
        CheckedPath best = null;
        for (CheckedPath relay : paths.relayed()) {
            if (relay.isFailed()) {
                continue;
            }
            if (relay == current && relay.state() != Liveness.State.UNPROVEN) {
                return relay;
            }
            if (best == null || rank(relay) < rank(best)) {
                best = relay;
            }
        }
        return best;
    }

    private static int rank(CheckedPath relay) {
        return switch (relay.state()) {
            case ALIVE -> 0;
            case UNPROVEN -> 1;
            case SUSPECT -> 2;
            case FAILED -> 3;
        };
    }
}
