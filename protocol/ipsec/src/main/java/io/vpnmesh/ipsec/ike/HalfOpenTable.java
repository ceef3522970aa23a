// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Attempts of peers that are not authenticated yet. Bounded as a whole and for each source: the node id for signalled
 * IKE, address and port for direct IKE. The oldest gives way, nobody is refused.
 */
final class HalfOpenTable {

    private record Key(PeerRef source, long initiatorSpi) {}

    private final IkeLimits limits;
    private final Map<Key, ResponderHandshake> all = new LinkedHashMap<>();
    private final Map<PeerRef, Deque<ResponderHandshake>> bySource = new HashMap<>();
    private int direct;

    HalfOpenTable(IkeLimits limits) {
        this.limits = limits;
    }

    Optional<ResponderHandshake> find(PeerRef source, long initiatorSpi) {
        return Optional.ofNullable(all.get(new Key(source, initiatorSpi)));
    }

    /**
     * Whether an attempt from here has to show a cookie first (RFC 7296 section 2.6): when there are many, and when it
     * could push out an attempt from the same address and port that somebody may be forging.
     */
    boolean wantsCookie(PeerRef.Direct source) {
        return direct >= limits.cookieThreshold() || bySource.containsKey(source);
    }

    void add(ResponderHandshake attempt) {
        all.put(new Key(attempt.source(), attempt.initiatorSpi()), attempt);
        Deque<ResponderHandshake> ofSource =
                bySource.computeIfAbsent(attempt.source(), _ -> new ArrayDeque<>(limits.maxHalfOpenPerSource()));
        ofSource.addLast(attempt);
        if (attempt.source() instanceof PeerRef.Direct) {
            direct++;
        }
        if (ofSource.size() > limits.maxHalfOpenPerSource()) {
            ofSource.getFirst().discard();
        } else if (all.size() > limits.maxHalfOpen()) {
            all.values().iterator().next().discard();
        }
    }

    void remove(ResponderHandshake attempt) {
        if (!all.remove(new Key(attempt.source(), attempt.initiatorSpi()), attempt)) {
            return;
        }
        if (attempt.source() instanceof PeerRef.Direct) {
            direct--;
        }
        bySource.computeIfPresent(attempt.source(), (_, list) -> {
            list.remove(attempt);
            return list.isEmpty() ? null : list;
        });
    }

    /** Whether a certificate of this source is being judged. */
    boolean isVerifying(PeerRef source) {
        Deque<ResponderHandshake> ofSource = bySource.get(source);
        return ofSource != null && ofSource.stream().anyMatch(ResponderHandshake::isVerifying);
    }
}
