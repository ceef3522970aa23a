// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckSession;
import io.vpnmesh.nat.check.CheckSessions;
import io.vpnmesh.nat.check.Liveness;
import io.vpnmesh.nat.observe.NatType;
import io.vpnmesh.nat.signal.Epoch;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import io.vpnmesh.nat.stun.TransactionIds;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Finds, proves, watches and leaves the paths to one peer. It starts on a relay, tries every pair of addresses, moves to a
 * direct pair once our own requests were answered on it, and back within a second when it dies under traffic. Each side
 * chooses for itself; there is no nomination.
 *
 * <p>Source: docs/wire.md "Checks and liveness"; RFC 8445 for pairs, pacing and triggered checks.
 */
public final class PathAgent implements Machine<PathInput, PathEvent> {

    /** RFC 3948 section 2.3: one byte that every receiver drops. */
    private static final byte[] PRIMING_PAYLOAD = {(byte) 0xFF};

    private static final long SECOND_NS = 1_000_000_000L;
    /** A peer that primed so lately needs not be waited for. */
    private static final long PRIMED_FRESH_NS = 2 * SECOND_NS;
    /** A peer's PRIMED starts a round of ours, unless one has just started. */
    private static final long ROUND_GAP_NS = SECOND_NS / 2;
    /** A relay that does not answer is asked that often. */
    private static final long RELAY_RETRY_NS = 2 * SECOND_NS;

    private final PathSettings settings;
    private final RandomGenerator random;
    private final PathSet paths;
    private final RoundClock round = new RoundClock();
    private final CheckSessions sessions = new CheckSessions();
    private CandidateList local = CandidateList.NONE;
    private NatType natType = NatType.UNKNOWN;
    private UUID network = Candidate.NO_NETWORK;
    private @Nullable CandidateList remote;
    private @Nullable CheckedPath current;
    private @Nullable CheckedPath doubling;
    private Reason reason = Reason.CHECKING;
    private Reason told = Reason.NO_PATH;
    private long currentSinceNs;
    private long peerPrimedNs = -PRIMED_FRESH_NS;
    private long nextPaceNs;

    public PathAgent(PathSettings settings, TransactionIds ids, RandomGenerator random) {
        this.settings = settings;
        this.random = random;
        this.paths = new PathSet(ids, settings.warmCheckNs());
    }

    public PathStatus status() {
        CheckedPath path = current;
        int proven = 0;
        for (CheckedPath pair : paths.direct()) {
            proven += pair.isProven() ? 1 : 0;
        }
        return path == null
                ? new PathStatus(Optional.empty(), reason, 0, 0, proven)
                : new PathStatus(
                        Optional.of(path.path),
                        reason,
                        path.rttMs(),
                        path.liveness().lossPerMille(),
                        proven);
    }

    /** Whether a STUN response belongs here; a request does when it carries the USERNAME of one of our sessions. */
    public boolean owns(TransactionId id) {
        return paths.owner(id).isPresent();
    }

    @Override
    public void handle(PathInput input, long nowNs, Outbox<PathEvent> out) {
        switch (input) {
            case PathInput.LocalCandidates mine -> localCandidates(mine, nowNs, out);
            case PathInput.RemoteCandidates theirs -> remoteCandidates(theirs.list(), nowNs);
            case PathInput.Keys keys -> keys(keys, nowNs, out);
            case PathInput.KeysGone gone -> sessions.remove(gone.ownId());
            case PathInput.RelayPaths relays -> paths.relays(relays.relays(), nowNs);
            case PathInput.StunReceived stun -> stunReceived(stun, nowNs, out);
            case PathInput.InnerProbeReceived probe -> probeReceived(probe, nowNs, out);
            case PathInput.TrafficSeen seen -> trafficSeen(seen, nowNs);
            case PathInput.PeerSignal signal -> peerSignal(signal, nowNs, out);
            case PathInput.Shutdown _ -> {
                paths.close();
                sessions.clear();
                current = null;
                round.succeeded();
                return;
            }
        }
        onTimer(nowNs, out);
    }

    @Override
    public void onTimer(long nowNs, Outbox<PathEvent> out) {
        if (round.nextNs() <= nowNs) {
            if (round.phase == RoundClock.Phase.PRIMING) {
                startChecks(nowNs);
            } else if (sessions.newest() == null || remote == null) {
                round.succeeded();
            } else {
                startRound(nowNs, out);
            }
        }
        CheckSession session = sessions.newest();
        if (session != null) {
            advance(session, nowNs, out);
        }
        endRound(nowNs);
        choose(nowNs, out);
    }

    @Override
    public long nextWakeupNs() {
        long next = round.nextNs();
        if (sessions.newest() == null) {
            return next;
        }
        boolean held = current == null || !current.isDirect();
        for (CheckedPath path : paths.direct()) {
            next = Math.min(next, nextCheckNs(path));
            if (held && path.isProven()) {
                next = Math.min(next, round.holdUntilNs());
            }
        }
        for (CheckedPath path : paths.relayed()) {
            next = Math.min(
                    next, path.isFailed() ? path.retryNs : path.liveness().nextNs());
        }
        return next;
    }

    private void localCandidates(PathInput.LocalCandidates mine, long nowNs, Outbox<PathEvent> out) {
        boolean changed = mine.list().epoch() > local.epoch() || mine.natType() != natType;
        boolean send = mine.list().epoch() > local.epoch() && sessions.newest() != null;
        local = mine.list();
        natType = mine.natType();
        network = mine.network();
        if (send) {
            out.event(new PathEvent.SendCandidates(local.encode()));
        }
        if (changed) {
            round.changed(nowNs);
        }
    }

    private void remoteCandidates(CandidateList list, long nowNs) {
        if (remote == null || list.epoch() > remote.epoch()) {
            remote = list;
            round.changed(nowNs);
        }
    }

    private void keys(PathInput.Keys keys, long nowNs, Outbox<PathEvent> out) {
        boolean first = sessions.newest() == null;
        sessions.add(keys.credentials());
        if (local.epoch() > 0) {
            out.event(new PathEvent.SendCandidates(local.encode()));
        }
        if (first) {
            paths.relayed().forEach(relay -> relay.liveness().checkNow(nowNs));
            round.changed(nowNs);
        }
    }

    private void startRound(long nowNs, Outbox<PathEvent> out) {
        List<Candidate> candidates = remote == null ? List.of() : PathSet.usable(remote, network);
        paths.offer(candidates, nowNs);
        round.start(nowNs, settings.primedWaitNs());
        for (CheckedPath pair : paths.direct()) {
            if (pair.path instanceof Path.Direct path && !pair.isProven() && pair.kind != CandidateKind.HOST) {
                out.event(new PathEvent.Prime(path.local(), path.remote(), settings.primeTtl(), PRIMING_PAYLOAD));
            }
        }
        out.event(new PathEvent.SendSignal(SignalKind.PRIMED, new Epoch(local.epoch()).encode()));
        if (nowNs - peerPrimedNs < PRIMED_FRESH_NS || candidates.isEmpty()) {
            startChecks(nowNs);
        }
    }

    private void startChecks(long nowNs) {
        round.check();
        paths.direct().forEach(pair -> pair.liveness().checkNow(nowNs));
    }

    private void endRound(long nowNs) {
        boolean checking = round.phase == RoundClock.Phase.CHECKING;
        if (!checking || paths.direct().stream().anyMatch(pair -> pair.state() == Liveness.State.UNPROVEN)) {
            return;
        }
        if (paths.direct().stream().anyMatch(pair -> !pair.isFailed())) {
            round.succeeded();
        } else {
            round.failed(nowNs);
            reason = RelayedReason.of(natType, remote == null ? CandidateList.NONE : remote, network);
        }
    }

    private void advance(CheckSession with, long nowNs, Outbox<PathEvent> out) {
        for (CheckedPath path : paths.all()) {
            Liveness liveness = path.liveness();
            boolean failedBefore = path.isFailed();
            liveness.advance(nowNs);
            boolean relayed = path.path instanceof Path.Relayed;
            if (path.isFailed() && !failedBefore) {
                path.answers = 0;
                path.retryNs = relayed ? nowNs + RELAY_RETRY_NS : TimerTable.NEVER;
            }
            if (path.isFailed() && path.retryNs <= nowNs) {
                // One lone check, not a series: until it is answered the relay stays failed.
                path.retryNs = nowNs + RELAY_RETRY_NS;
                send(path, with, nowNs, out);
            } else if (liveness.checkDue(nowNs) && nextCheckNs(path) <= nowNs) {
                liveness.keepalive(intervalNs(path, nowNs), nowNs);
                if (!relayed && path != current) {
                    nextPaceNs = nowNs + settings.paceNs();
                }
                send(path, with, nowNs, out);
            }
        }
    }

    /** No check of a new pair leaves before both sides' NATs are primed; then one every {@code paceNs}. */
    private long nextCheckNs(CheckedPath path) {
        if (path == current || !path.isDirect()) {
            return path.liveness().nextNs();
        }
        return round.phase == RoundClock.Phase.PRIMING && !path.isProven()
                ? TimerTable.NEVER
                : Math.max(path.liveness().nextNs(), nextPaceNs);
    }

    /** U(0.8, 1.2) keeps the agents of a node apart. */
    private long intervalNs(CheckedPath path, long nowNs) {
        long interval = path != current
                ? settings.warmCheckNs()
                : path.liveness().hasDemand(nowNs) ? settings.activeCheckNs() : settings.idleCheckNs();
        return (long) (interval * (0.8 + 0.4 * random.nextDouble()));
    }

    private void send(CheckedPath path, CheckSession with, long nowNs, Outbox<PathEvent> out) {
        byte[] request = path.prober.request(with, path == current, null, 0, nowNs);
        switch (path.path) {
            case Path.Direct pair -> out.transmit(new Datagram(pair.local(), pair.remote(), request));
            case Path.Relayed relay -> out.event(new PathEvent.SendInnerProbe(relay, request));
        }
    }

    private void stunReceived(PathInput.StunReceived stun, long nowNs, Outbox<PathEvent> out) {
        StunMessage message;
        try {
            message = StunCodec.decode(stun.message());
        } catch (MalformedException _) {
            return;
        }
        if (message.isResponse()) {
            CheckedPath path = paths.owner(message.transactionId()).orElse(null);
            if (path != null
                    && path.path instanceof Path.Direct pair
                    && pair.remote().equals(stun.remote())) {
                answered(path, message, stun.message(), nowNs);
            }
            return;
        }
        CheckSession with = sessions.verify(message, stun.message()).orElse(null);
        if (with == null) {
            return;
        }
        out.transmit(new Datagram(stun.local(), stun.remote(), with.success(message, stun.remote())));
        if (round.phase == RoundClock.Phase.PRIMING) {
            startChecks(nowNs); // who checks has primed
        }
        CheckedPath pair = paths.pair(stun.remote(), CandidateKind.PEER_REFLEXIVE, nowNs);
        if (pair != null) {
            pair.trigger(nowNs);
        }
    }

    private void probeReceived(PathInput.InnerProbeReceived probe, long nowNs, Outbox<PathEvent> out) {
        StunMessage message;
        try {
            message = StunCodec.decode(probe.message());
        } catch (MalformedException _) {
            return;
        }
        if (message.isResponse()) {
            paths.owner(message.transactionId())
                    .filter(path -> path.path instanceof Path.Relayed)
                    .ifPresent(path -> answered(path, message, probe.message(), nowNs));
            return;
        }
        CheckSession with = sessions.verify(message, probe.message()).orElse(null);
        CheckedPath back = PathChooser.answerRelay(paths, probe.relay());
        if (with != null && back != null && back.path instanceof Path.Relayed relay) {
            out.event(new PathEvent.SendInnerProbe(relay, with.success(message, null)));
        }
    }

    private void answered(CheckedPath path, StunMessage message, byte[] bytes, long nowNs) {
        boolean wasFailed = path.isFailed();
        if (message.type() != StunMessage.BINDING_SUCCESS || !path.prober.answered(message, bytes, nowNs)) {
            return;
        }
        path.answers = wasFailed ? 1 : path.answers + 1;
        path.liveness().keepalive(intervalNs(path, nowNs), nowNs);
        if (path.answers == 1) {
            path.liveness().checkNow(nowNs); // the second answer proves it
        }
        PathChooser.compare(path, current);
    }

    private void trafficSeen(PathInput.TrafficSeen seen, long nowNs) {
        CheckedPath path = paths.find(seen.path());
        if (path == null) {
            return;
        }
        if (seen.outboundPackets() > path.outboundSeen) {
            path.liveness().outbound(nowNs);
            if (path == current) {
                path.liveness().keepalive(settings.activeCheckNs(), nowNs);
            }
        }
        if (seen.inboundPackets() > path.inboundSeen) {
            path.liveness().inbound(nowNs);
        }
        path.outboundSeen = seen.outboundPackets();
        path.inboundSeen = seen.inboundPackets();
    }

    /** PRIMED: the peer's NATs are open for us. CALL_ME: the peer has lost its direct path. Both ask for a round. */
    private void peerSignal(PathInput.PeerSignal signal, long nowNs, Outbox<PathEvent> out) {
        if (signal.kind() == SignalKind.PRIMED) {
            peerPrimedNs = nowNs;
            if (round.phase == RoundClock.Phase.PRIMING) {
                startChecks(nowNs);
                return;
            }
        } else if (signal.kind() != SignalKind.CALL_ME) {
            return;
        }
        if (current != null && current.isDirect()) {
            current.liveness().checkNow(nowNs);
        } else if (round.phase == RoundClock.Phase.RESTING
                && sessions.newest() != null
                && remote != null
                && nowNs - round.startedNs() >= ROUND_GAP_NS) {
            startRound(nowNs, out);
        }
    }

    private void choose(long nowNs, Outbox<PathEvent> out) {
        CheckedPath before = current;
        boolean mayUseDirect = nowNs >= round.holdUntilNs();
        boolean dwelt = nowNs - currentSinceNs >= settings.dwellNs();
        CheckedPath chosen = PathChooser.choose(paths, before, mayUseDirect, dwelt);
        Reason reasonBefore = told;
        if (chosen != null && chosen.isDirect()) {
            reason = Reason.PATH_CHECKED;
        } else if (before != null && before.isDirect()) {
            reason = Reason.PATH_LOST;
            round.lost(nowNs, nowNs - currentSinceNs);
            out.event(new PathEvent.SendSignal(SignalKind.CALL_ME, new Epoch(local.epoch()).encode()));
        }
        if (chosen != before) {
            current = chosen;
            currentSinceNs = nowNs;
            if (chosen != null) {
                chosen.betterAnswers = 0;
                chosen.liveness().keepalive(intervalNs(chosen, nowNs), nowNs);
            }
        }
        doubling(chosen, out);
        if (chosen == null && before != null) {
            told = Reason.NO_PATH;
            out.event(new PathEvent.PeerUnreachable(Reason.NO_PATH));
        } else if (chosen != null && (chosen != before || reason != reasonBefore)) {
            told = reason;
            out.event(new PathEvent.PathSelected(chosen.path, reason, chosen.rttMs()));
        }
    }

    /** While the path in use is suspect every packet goes over the warm one too. */
    private void doubling(@Nullable CheckedPath chosen, Outbox<PathEvent> out) {
        CheckedPath warm =
                chosen != null && chosen.state() == Liveness.State.SUSPECT ? PathChooser.warm(paths, chosen) : null;
        if (warm == doubling) {
            return;
        }
        if (doubling != null) {
            out.event(new PathEvent.Duplicate(doubling.path, false));
        }
        doubling = warm;
        if (warm != null) {
            out.event(new PathEvent.Duplicate(warm.path, true));
        }
    }
}
