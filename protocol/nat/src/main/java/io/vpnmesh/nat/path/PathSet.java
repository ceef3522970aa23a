// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.nat.check.Liveness;
import io.vpnmesh.nat.check.Prober;
import io.vpnmesh.nat.stun.TransactionId;
import io.vpnmesh.nat.stun.TransactionIds;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** All paths of one peer: direct pairs by remote endpoint, relays by node id, in the shell's order. */
final class PathSet {

    /** Forged or useless endpoints must not fill the memory; a peer offers at most 24. */
    private static final int MAX_DIRECT = 40;

    private final TransactionIds ids;
    private final long warmCheckNs;
    private final Map<Endpoint, CheckedPath> direct = new LinkedHashMap<>();
    private final Map<NodeId, CheckedPath> relayed = new LinkedHashMap<>();
    private int lastPathId;

    PathSet(TransactionIds ids, long warmCheckNs) {
        this.ids = ids;
        this.warmCheckNs = warmCheckNs;
    }

    Collection<CheckedPath> direct() {
        return direct.values();
    }

    Collection<CheckedPath> relayed() {
        return relayed.values();
    }

    List<CheckedPath> all() {
        List<CheckedPath> all = new ArrayList<>(direct.values());
        all.addAll(relayed.values());
        return all;
    }

    @Nullable
    CheckedPath find(Path path) {
        return switch (path) {
            case Path.Direct pair -> direct.get(pair.remote());
            case Path.Relayed leg -> relayed.get(leg.relay());
        };
    }

    Optional<CheckedPath> owner(TransactionId id) {
        return all().stream().filter(path -> path.prober.owns(id)).findFirst();
    }

    /** The remote candidates that can be tried from here; a peer must not point us at our own node's services. */
    static List<Candidate> usable(CandidateList remote, UUID network) {
        return remote.candidates().stream()
                .filter(candidate -> candidate.kind() != CandidateKind.HOST
                        || candidate.network().equals(network))
                .filter(candidate -> isReachable(candidate.endpoint()))
                .toList();
    }

    private static boolean isReachable(Endpoint endpoint) {
        IpAddress address = endpoint.address();
        return endpoint.port() != 0
                && !address.isMulticast()
                && !address.isUnspecified()
                && !address.isLoopback()
                && !address.isLinkLocal();
    }

    /** Forms pairs with these candidates; pairs of an earlier list stay only while they answer. */
    void offer(List<Candidate> candidates, long nowNs) {
        Set<Endpoint> wanted = new HashSet<>();
        candidates.forEach(candidate -> wanted.add(candidate.endpoint()));
        for (Iterator<CheckedPath> all = direct.values().iterator(); all.hasNext(); ) {
            CheckedPath pair = all.next();
            boolean stays = pair.path instanceof Path.Direct path && wanted.contains(path.remote());
            if (!stays && !pair.isProven()) {
                pair.prober.close();
                all.remove();
            }
        }
        candidates.forEach(candidate -> pair(candidate.endpoint(), candidate.kind(), nowNs));
    }

    /** The pair with that remote endpoint, made if there is room. */
    @Nullable
    CheckedPath pair(Endpoint remote, CandidateKind kind, long nowNs) {
        CheckedPath known = direct.get(remote);
        if (known != null) {
            return known;
        }
        if (direct.size() >= MAX_DIRECT && !evictFailed()) {
            return null;
        }
        CheckedPath made = new CheckedPath(new Path.Direct(Endpoint.UNSPECIFIED, remote), kind, prober(nowNs));
        direct.put(remote, made);
        return made;
    }

    private boolean evictFailed() {
        for (Iterator<CheckedPath> all = direct.values().iterator(); all.hasNext(); ) {
            CheckedPath pair = all.next();
            if (pair.isFailed()) {
                pair.prober.close();
                all.remove();
                return true;
            }
        }
        return false;
    }

    void relays(List<NodeId> relays, long nowNs) {
        Map<NodeId, CheckedPath> before = new LinkedHashMap<>(relayed);
        relayed.clear();
        for (NodeId relay : relays) {
            CheckedPath known = before.remove(relay);
            relayed.put(
                    relay,
                    known != null
                            ? known
                            : new CheckedPath(new Path.Relayed(relay), CandidateKind.STATIC, prober(nowNs)));
        }
        before.values().forEach(gone -> gone.prober.close());
    }

    void close() {
        all().forEach(path -> path.prober.close());
        direct.clear();
        relayed.clear();
    }

    private Prober prober(long nowNs) {
        return new Prober(++lastPathId, ids, new Liveness(nowNs, warmCheckNs));
    }
}
