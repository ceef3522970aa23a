// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckSession;
import io.vpnmesh.nat.check.Liveness;
import io.vpnmesh.nat.check.Prober;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.Move;
import io.vpnmesh.nat.signal.Release;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.SignalError;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import io.vpnmesh.nat.stun.TransactionIds;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A sidecar's side of one relay: proves its tuple, keeps it alive, learns its reflexive address, asks for leases, notices
 * a dead relay.
 *
 * <p>Source: docs/wire.md, "Sidecar and relay" and "Checks and liveness".
 */
public final class RelayClient implements Machine<RelayClientInput, RelayClientEvent> {

    private static final long SECOND_NS = 1_000_000_000L;
    /** RFC 3948 section 4's default; NATs are met that forget UDP after 30 s. */
    private static final long IDLE_KEEPALIVE_NS = 20 * SECOND_NS;
    /** While packets flow, a changed mapping must be noticed within seconds even if nothing is lost. */
    private static final long BUSY_KEEPALIVE_NS = 5 * SECOND_NS;
    /** A relay that is down is asked that often. */
    private static final long RETRY_NS = 2 * SECOND_NS;
    /** Echoes in a row that did not satisfy the relay: then the next check waits for its turn. */
    private static final int MAX_ECHOES = 3;
    /** An unauthenticated hint makes one check, and not another for so long. */
    private static final long HINT_PAUSE_NS = SECOND_NS;

    private final Endpoint relay;
    private final TransactionIds ids;
    private final RandomGenerator random;
    private final SignalRequests requests = new SignalRequests();
    private @Nullable CheckSession session;
    private @Nullable Prober prober;
    private @Nullable Endpoint reflexive;
    private boolean attached;
    private boolean suspect;
    private int echoes;
    private long retryNs = TimerTable.NEVER;
    private long hintedNs = -HINT_PAUSE_NS;
    private long outbound;
    private long inbound;

    /** @param relay the relay's UDP endpoint */
    public RelayClient(Endpoint relay, TransactionIds ids, RandomGenerator random) {
        this.relay = relay;
        this.ids = ids;
        this.random = random;
    }

    public boolean attached() {
        return attached;
    }

    public Endpoint relayEndpoint() {
        return relay;
    }

    /** Smoothed round trip to the relay; 0 = not measured. */
    public long srttNs() {
        return prober == null ? 0 : prober.liveness().srttNs();
    }

    public boolean owns(TransactionId id) {
        return prober != null && prober.owns(id);
    }

    @Override
    public void handle(RelayClientInput input, long nowNs, Outbox<RelayClientEvent> out) {
        switch (input) {
            case RelayClientInput.Secured secured -> secured(secured, nowNs);
            case RelayClientInput.Unsecured _ -> unsecured(out);
            case RelayClientInput.StunReceived stun -> stunReceived(stun, nowNs, out);
            case RelayClientInput.SignalReceived signal -> signalReceived(signal.datagram(), out);
            case RelayClientInput.TrafficSeen seen -> trafficSeen(seen, nowNs);
            case RelayClientInput.CheckNow _ -> {
                if (prober != null) {
                    prober.liveness().checkNow(nowNs);
                }
            }
            case RelayClientInput.AskLease ask -> {
                LeaseRequest request = new LeaseRequest(ask.items());
                requests.send(SignalKind.LEASE, request.flags(), request.encode(), ask.items(), nowNs, out);
            }
            case RelayClientInput.AskRelease ask ->
                requests.send(SignalKind.RELEASE, 0, new Release(ask.spis()).encode(), List.of(), nowNs, out);
        }
        check(nowNs, out);
    }

    @Override
    public void onTimer(long nowNs, Outbox<RelayClientEvent> out) {
        requests.onTimer(nowNs, out);
        check(nowNs, out);
    }

    @Override
    public long nextWakeupNs() {
        long next = Math.min(requests.nextNs(), retryNs);
        return prober == null ? next : Math.min(next, prober.liveness().nextNs());
    }

    private void secured(RelayClientInput.Secured secured, long nowNs) {
        session = new CheckSession(secured.credentials());
        if (prober == null) {
            prober = new Prober(0, ids, new Liveness(nowNs, IDLE_KEEPALIVE_NS));
        }
        prober.liveness().checkNow(nowNs);
        retryNs = TimerTable.NEVER;
    }

    private void unsecured(Outbox<RelayClientEvent> out) {
        if (prober != null) {
            prober.close();
        }
        prober = null;
        session = null;
        reflexive = null;
        retryNs = TimerTable.NEVER;
        requests.abandon(out);
        down(out);
    }

    private void check(long nowNs, Outbox<RelayClientEvent> out) {
        if (prober == null || session == null) {
            return;
        }
        Liveness liveness = prober.liveness();
        Liveness.State before = liveness.state();
        Liveness.State state = liveness.advance(nowNs);
        if (state == Liveness.State.SUSPECT && before != state) {
            suspect(true, out);
        }
        if (state == Liveness.State.FAILED && before != state) {
            retryNs = nowNs + RETRY_NS;
            down(out);
        }
        if (state == Liveness.State.FAILED && retryNs <= nowNs) {
            retryNs = TimerTable.NEVER;
            liveness.checkNow(nowNs);
        }
        if (liveness.checkDue(nowNs)) {
            long interval = liveness.hasDemand(nowNs) ? BUSY_KEEPALIVE_NS : IDLE_KEEPALIVE_NS;
            liveness.keepalive((long) (interval * (0.8 + 0.2 * random.nextDouble())), nowNs);
            transmitCheck(null, nowNs, out);
        }
    }

    private void transmitCheck(@Nullable String nonce, long nowNs, Outbox<RelayClientEvent> out) {
        if (prober != null && session != null) {
            byte[] request = prober.request(session, attached, nonce, 0, nowNs);
            out.transmit(Datagram.to(relay, request));
        }
    }

    private void stunReceived(RelayClientInput.StunReceived stun, long nowNs, Outbox<RelayClientEvent> out) {
        if (!stun.remote().equals(relay) || prober == null) {
            return;
        }
        StunMessage message;
        try {
            message = StunCodec.decode(stun.message());
        } catch (MalformedException _) {
            return;
        }
        if (!prober.answered(message, stun.message(), nowNs)) {
            boolean hint =
                    message.errorCode().orElse(0) == StunMessage.STALE_NONCE && nowNs - hintedNs >= HINT_PAUSE_NS;
            if (hint) {
                hintedNs = nowNs;
                prober.liveness().checkNow(nowNs);
            }
            return;
        }
        retryNs = TimerTable.NEVER;
        suspect(false, out);
        Optional<String> nonce = message.nonce();
        if (message.type() == StunMessage.BINDING_SUCCESS) {
            echoes = 0;
            message.mappedAddress().ifPresent(mapped -> proven(mapped, out));
        } else if (nonce.isPresent() && echoes < MAX_ECHOES) {
            echoes++;
            transmitCheck(nonce.get(), nowNs, out);
        } else {
            echoes = 0;
        }
    }

    private void proven(Endpoint mapped, Outbox<RelayClientEvent> out) {
        if (!attached || !mapped.equals(reflexive)) {
            attached = true;
            reflexive = mapped;
            out.event(new RelayClientEvent.Attached(mapped));
        }
    }

    private void signalReceived(byte[] datagram, Outbox<RelayClientEvent> out) {
        try {
            Signal signal = SignalCodec.decode(datagram);
            switch (signal.kind()) {
                case SignalKind.LEASE_ANSWER -> leaseAnswered(signal, out);
                case SignalKind.MOVE -> out.event(new RelayClientEvent.Moving(Move.decode(signal.body())));
                case SignalKind.ERROR -> {
                    requests.answered(signal.requestId())
                            .filter(items -> !items.isEmpty())
                            .ifPresent(items -> out.event(new RelayClientEvent.LeaseUnanswered(items)));
                    SignalError error = SignalError.decode(signal.body());
                    out.event(new RelayClientEvent.Refused(signal.node(), error));
                }
                default -> {
                    if (SignalKind.isBetweenClients(signal.kind())) {
                        out.event(new RelayClientEvent.PeerSignal(signal));
                    }
                }
            }
        } catch (MalformedException _) {
            // One datagram dies; a request that it would have answered is repeated.
        }
    }

    private void leaseAnswered(Signal signal, Outbox<RelayClientEvent> out) throws MalformedException {
        LeaseAnswer answer = LeaseAnswer.decode(signal.body());
        List<LeaseRequest.Item> items = requests.answered(signal.requestId()).orElse(List.of());
        if (!items.isEmpty() && items.size() == answer.items().size()) {
            out.event(new RelayClientEvent.Leased(items, answer.items()));
        } else if (!items.isEmpty()) {
            out.event(new RelayClientEvent.LeaseUnanswered(items));
        }
    }

    private void trafficSeen(RelayClientInput.TrafficSeen seen, long nowNs) {
        if (prober == null) {
            return;
        }
        if (seen.outboundPackets() > outbound) {
            prober.liveness().outbound(nowNs);
            prober.liveness().keepalive(BUSY_KEEPALIVE_NS, nowNs);
        }
        if (seen.inboundPackets() > inbound) {
            prober.liveness().inbound(nowNs);
        }
        outbound = seen.outboundPackets();
        inbound = seen.inboundPackets();
    }

    private void suspect(boolean on, Outbox<RelayClientEvent> out) {
        if (suspect != on) {
            suspect = on;
            out.event(new RelayClientEvent.Suspect(on));
        }
    }

    private void down(Outbox<RelayClientEvent> out) {
        suspect(false, out);
        if (attached) {
            attached = false;
            out.event(new RelayClientEvent.Down());
        }
    }
}
