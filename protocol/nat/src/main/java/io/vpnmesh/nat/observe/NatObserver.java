// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.observe;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.path.Candidate;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import io.vpnmesh.nat.stun.TransactionIds;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Asks observers outside the cluster how they see our socket: any RFC 8489 server, and relays of other clusters. From
 * their answers it tells the NAT's type and our reflexive candidates, and notices when either changes.
 *
 * <p>Source: RFC 5780 section 4.3 (the idea of comparing mappings), docs/wire.md "Outside view only".
 */
public final class NatObserver implements Machine<ObserverInput, ObserverEvent> {

    private enum Timer {
        ROUND,
        SETTLE
    }

    private static final long MS = 1_000_000;
    /** Keeps a mapping alive at NATs that forget after 30 s. */
    private static final long IDLE_ROUND_NS = 20_000 * MS;

    private static final long BUSY_ROUND_NS = 4_000 * MS;
    /** A change seen by one observer makes a round at once, but not more often than this. */
    private static final long MIN_ROUND_NS = 500 * MS;
    /** Who has not answered by then does not hold the others up. */
    private static final long SETTLE_NS = 600 * MS;
    /** RFC 8489 section 6.2.1 with an RTO of 250 ms: at 0, 250 and 750 ms, given up at 1750 ms. */
    private static final long RTO_NS = 250 * MS;

    private static final int MAX_SENDS = 3;
    /** A sample outlives one lost round, not two. */
    private static final int MAX_FAILED_ROUNDS = 2;
    /** 20 characters: makes the request as long as the longest answer, which a relay demands. */
    private static final String SOFTWARE = "vpnmesh nat observer";

    private static final class Observed {
        private @Nullable Endpoint sample;
        private @Nullable TransactionId transaction;
        private int sends;
        private long resendNs = TimerTable.NEVER;
        private int failedRounds;
    }

    private final TransactionIds ids;
    private final RandomGenerator random;
    private final TimerTable<Timer> timers = new TimerTable<>(Timer.class);
    private final Map<Endpoint, Observed> observers = new LinkedHashMap<>();
    private @Nullable Endpoint local;
    private boolean busy;
    private boolean settling;
    private boolean silent;
    private long roundNs = -MIN_ROUND_NS;
    private NatType type = NatType.UNKNOWN;
    private List<Candidate> candidates = List.of();
    private boolean told;

    public NatObserver(TransactionIds ids, RandomGenerator random) {
        this.ids = ids;
        this.random = random;
    }

    public NatType type() {
        return type;
    }

    public List<Candidate> candidates() {
        return candidates;
    }

    @Override
    public void handle(ObserverInput input, long nowNs, Outbox<ObserverEvent> out) {
        switch (input) {
            case ObserverInput.Observers list -> observers(list, nowNs);
            case ObserverInput.LocalEndpoint own -> {
                local = own.local();
                conclude(out);
            }
            case ObserverInput.StunReceived stun -> stunReceived(stun, nowNs, out);
            case ObserverInput.RelaySaw saw -> {
                Observed observer = observers.get(saw.relay());
                if (observer != null && !saw.reflexive().equals(observer.sample)) {
                    roundSoon(nowNs);
                }
            }
            case ObserverInput.Busy state -> {
                if (state.busy() && !busy) {
                    timers.setNoLater(Timer.ROUND, nowNs + BUSY_ROUND_NS);
                }
                busy = state.busy();
            }
            case ObserverInput.AskNow _ -> roundSoon(nowNs);
        }
        onTimer(nowNs, out);
    }

    @Override
    public void onTimer(long nowNs, Outbox<ObserverEvent> out) {
        for (Optional<Timer> due = timers.pollDue(nowNs); due.isPresent(); due = timers.pollDue(nowNs)) {
            switch (due.get()) {
                case ROUND -> startRound(nowNs, out);
                case SETTLE -> settled(out);
            }
        }
        for (Map.Entry<Endpoint, Observed> entry : observers.entrySet()) {
            if (entry.getValue().resendNs <= nowNs) {
                send(entry.getKey(), entry.getValue(), nowNs, out);
            }
        }
        if (settling && observers.values().stream().allMatch(observer -> observer.transaction == null)) {
            settled(out);
        }
    }

    @Override
    public long nextWakeupNs() {
        long next = timers.nextNs();
        for (Observed observer : observers.values()) {
            next = Math.min(next, observer.resendNs);
        }
        return next;
    }

    private void observers(ObserverInput.Observers list, long nowNs) {
        List<Endpoint> outside = list.observers().stream()
                .filter(ObserverInput.Observer::outside)
                .map(ObserverInput.Observer::endpoint)
                .toList();
        boolean changed = observers.keySet().removeIf(endpoint -> {
            boolean gone = !outside.contains(endpoint);
            if (gone) {
                close(observers.get(endpoint));
            }
            return gone;
        });
        for (Endpoint endpoint : outside) {
            changed |= observers.putIfAbsent(endpoint, new Observed()) == null;
        }
        if (changed || !told) {
            roundSoon(nowNs);
        }
    }

    private void roundSoon(long nowNs) {
        timers.setNoLater(Timer.ROUND, Math.max(nowNs, roundNs + MIN_ROUND_NS));
    }

    private void startRound(long nowNs, Outbox<ObserverEvent> out) {
        roundNs = nowNs;
        settling = true;
        timers.set(Timer.SETTLE, nowNs + SETTLE_NS);
        double jitter = 0.8 + 0.2 * random.nextDouble();
        timers.set(Timer.ROUND, nowNs + (long) ((busy ? BUSY_ROUND_NS : IDLE_ROUND_NS) * jitter));
        for (Map.Entry<Endpoint, Observed> entry : observers.entrySet()) {
            close(entry.getValue());
            entry.getValue().sends = 0;
            send(entry.getKey(), entry.getValue(), nowNs, out);
        }
    }

    private void send(Endpoint endpoint, Observed observer, long nowNs, Outbox<ObserverEvent> out) {
        if (observer.sends >= MAX_SENDS) {
            close(observer);
            observer.failedRounds++;
            if (observer.failedRounds >= MAX_FAILED_ROUNDS || observer.sample == null) {
                observer.sample = null;
                silent = observers.values().stream().allMatch(other -> other.failedRounds > 0);
                conclude(out);
            }
            return;
        }
        if (observer.transaction == null) {
            observer.transaction = ids.open();
        }
        observer.resendNs = nowNs + (RTO_NS << observer.sends);
        observer.sends++;
        StunMessage request =
                StunMessage.request(observer.transaction).software(SOFTWARE).build();
        out.transmit(Datagram.to(endpoint, StunCodec.encode(request)));
    }

    private void stunReceived(ObserverInput.StunReceived stun, long nowNs, Outbox<ObserverEvent> out) {
        Observed observer = observers.get(stun.remote());
        if (observer == null || observer.transaction == null) {
            return;
        }
        StunMessage message;
        try {
            message = StunCodec.decode(stun.message());
        } catch (MalformedException _) {
            return;
        }
        Optional<Endpoint> mapped = message.mappedAddress();
        if (!message.transactionId().equals(observer.transaction)
                || message.type() != StunMessage.BINDING_SUCCESS
                || mapped.isEmpty()) {
            return;
        }
        close(observer);
        boolean changed = observer.sample != null && !observer.sample.equals(mapped.get());
        observer.sample = mapped.get();
        observer.failedRounds = 0;
        silent = false;
        if (changed && !settling) {
            roundSoon(nowNs);
        } else if (!settling) {
            conclude(out);
        }
    }

    private void close(@Nullable Observed observer) {
        if (observer != null && observer.transaction != null) {
            ids.close(observer.transaction);
            observer.transaction = null;
            observer.resendNs = TimerTable.NEVER;
        }
    }

    private void settled(Outbox<ObserverEvent> out) {
        settling = false;
        timers.clear(Timer.SETTLE);
        conclude(out);
    }

    private void conclude(Outbox<ObserverEvent> out) {
        Map<Endpoint, Endpoint> samples = new LinkedHashMap<>();
        observers.forEach((endpoint, observer) -> {
            if (observer.sample != null) {
                samples.put(endpoint, observer.sample);
            }
        });
        OutsideView view = OutsideView.of(samples, local, silent && !observers.isEmpty());
        if (!told || view.type() != type || !view.saysTheSameAs(candidates)) {
            told = true;
            type = view.type();
            candidates = view.candidates();
            out.event(new ObserverEvent.ReflexiveChanged(candidates, type));
        }
    }
}
