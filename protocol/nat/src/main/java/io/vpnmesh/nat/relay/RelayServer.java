// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckSession;
import io.vpnmesh.nat.check.TokenBucket;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.LeaseStatus;
import io.vpnmesh.nat.signal.Move;
import io.vpnmesh.nat.signal.Pin;
import io.vpnmesh.nat.signal.PinAnswer;
import io.vpnmesh.nat.signal.Release;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.SignalError;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.signal.Ticket;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * The relay: its clients, their leases and tuples, signalling between them, STUN. It fills a {@link ForwardingTable} and
 * never sees a forwarded packet.
 *
 * <p>Source: docs/wire.md, "Sidecar and relay".
 */
public final class RelayServer implements Machine<RelayInput, RelayEvent> {

    private enum Timer {
        EXPIRE_TUPLES,
        EXPIRE_LEASES,
        REPEAT_MOVE
    }

    private static final long SECOND_NS = 1_000_000_000L;
    private static final long LEASE_SWEEP_NS = 10 * SECOND_NS;
    /** MOVE is not answered, and one may be lost. */
    private static final long MOVE_REPEAT_NS = 250_000_000L;

    private static final int MOVES = 4;
    /** Hints to unknown tuples, all together: enough for a rebound NAT, nothing for a reflector. */
    private static final int HINTS_PER_SECOND = 50;

    private final RelaySettings settings;
    private final ForwardingTable table;
    private final LeaseTable leases;
    private final TupleGuard guard;
    private final Switchboard switchboard;
    private final RandomGenerator random;
    private final Map<NodeId, RelayedClient> clients = new HashMap<>();
    private final TimerTable<Timer> timers = new TimerTable<>(Timer.class);
    private byte[] move = {};
    private int movesLeft;
    private final TokenBucket hints = new TokenBucket(HINTS_PER_SECOND, HINTS_PER_SECOND, 0);

    /** @param random unpredictable: it makes the relay's own SPIs */
    public RelayServer(RelaySettings settings, ForwardingTable table, RandomGenerator random) {
        this.settings = settings;
        this.table = table;
        this.random = random;
        this.leases = new LeaseTable(settings, table);
        this.guard = new TupleGuard(settings, table);
        this.switchboard = new Switchboard(settings.limits(), node -> attached(node));
        timers.set(Timer.EXPIRE_LEASES, LEASE_SWEEP_NS);
    }

    /** An inbound SPI for an SA of the relay itself. */
    public int takeOwnSpi() {
        return leases.takeOwn(random);
    }

    public void freeOwnSpi(int spi) {
        leases.freeOwn(spi);
    }

    /** The tuple that the client has proven and kept alive. */
    public Optional<Endpoint> tupleOf(NodeId client) {
        RelayedClient known = clients.get(client);
        return known == null ? Optional.empty() : Optional.ofNullable(known.tuple);
    }

    /** The same with the address of ours that it was proven to; what is sent to the client takes this way. */
    public Optional<Route.Forward> routeTo(NodeId client) {
        RelayedClient known = clients.get(client);
        return known != null && known.route instanceof Route.Forward forward ? Optional.of(forward) : Optional.empty();
    }

    public int attachedClients() {
        return (int) clients.values().stream().filter(RelayedClient::attached).count();
    }

    @Override
    public void handle(RelayInput input, long nowNs, Outbox<RelayEvent> out) {
        switch (input) {
            case RelayInput.ClientUp up -> clientUp(up);
            case RelayInput.ClientGone gone -> clientGone(gone, out);
            case RelayInput.StunReceived stun -> {
                guard.received(stun, nowNs, out);
                timers.setNoLater(Timer.EXPIRE_TUPLES, nowNs + settings.limits().tupleLifetimeNs());
            }
            case RelayInput.SignalReceived signal -> signalReceived(signal, nowNs, out);
            case RelayInput.UnknownSource unknown -> hint(unknown, nowNs, out);
            case RelayInput.Drain drain -> {
                leases.drain();
                move = new Move(drain.seconds(), drain.alternatives()).encode();
                movesLeft = MOVES;
                tellMove(nowNs, out);
            }
        }
    }

    @Override
    public void onTimer(long nowNs, Outbox<RelayEvent> out) {
        for (Optional<Timer> due = timers.pollDue(nowNs); due.isPresent(); due = timers.pollDue(nowNs)) {
            switch (due.get()) {
                case EXPIRE_TUPLES -> expireTuples(nowNs, out);
                case REPEAT_MOVE -> tellMove(nowNs, out);
                case EXPIRE_LEASES -> {
                    leases.expire(nowNs);
                    clients.values().removeIf(client -> !client.attached() && client.leases == 0);
                    timers.set(Timer.EXPIRE_LEASES, nowNs + LEASE_SWEEP_NS);
                }
            }
        }
    }

    @Override
    public long nextWakeupNs() {
        return timers.nextNs();
    }

    private boolean attached(NodeId node) {
        RelayedClient client = clients.get(node);
        return client != null && client.attached();
    }

    private void clientUp(RelayInput.ClientUp up) {
        RelayedClient client = clients.computeIfAbsent(up.node(), RelayedClient::new);
        CheckSession session = new CheckSession(up.credentials());
        client.sessions.put(up.credentials().ownId(), session);
        guard.add(client, session);
    }

    private void clientGone(RelayInput.ClientGone gone, Outbox<RelayEvent> out) {
        RelayedClient client = clients.get(gone.node());
        if (client == null || client.sessions.remove(gone.ownId()) == null) {
            return;
        }
        guard.remove(gone.ownId());
        if (!client.attached()) {
            loseTuple(client, out);
        }
    }

    private void expireTuples(long nowNs, Outbox<RelayEvent> out) {
        long lifetimeNs = settings.limits().tupleLifetimeNs();
        for (RelayedClient client : clients.values()) {
            if (client.tuple != null && nowNs - client.tupleCheckedNs >= lifetimeNs) {
                loseTuple(client, out);
            } else if (client.tuple != null) {
                timers.setNoLater(Timer.EXPIRE_TUPLES, client.tupleCheckedNs + lifetimeNs);
            }
        }
    }

    private void loseTuple(RelayedClient client, Outbox<RelayEvent> out) {
        Endpoint tuple = client.tuple;
        if (tuple != null) {
            table.unbind(client);
            out.event(new RelayEvent.TupleLost(client.node, tuple));
        }
    }

    private void signalReceived(RelayInput.SignalReceived input, long nowNs, Outbox<RelayEvent> out) {
        RelayedClient client = clients.get(input.from());
        if (client == null || !client.attached() || input.datagram().length > Signal.MAX_BYTES) {
            return;
        }
        Signal signal;
        try {
            signal = SignalCodec.decode(input.datagram());
            if (SignalKind.isBetweenClients(signal.kind())) {
                switchboard.carry(input.from(), signal, nowNs, out);
            } else {
                serve(client, signal, nowNs, out);
            }
        } catch (MalformedException e) {
            String text = e.getMessage() == null ? "malformed" : e.getMessage();
            answer(client, SignalKind.ERROR, 0, new SignalError(SignalError.MALFORMED, text).encode(), out);
        }
    }

    private void serve(RelayedClient client, Signal signal, long nowNs, Outbox<RelayEvent> out)
            throws MalformedException {
        int id = signal.requestId();
        switch (signal.kind()) {
            case SignalKind.LEASE -> {
                List<LeaseAnswer.Item> items = new ArrayList<>();
                for (LeaseRequest.Item item :
                        LeaseRequest.decode(signal.flags(), signal.body()).items()) {
                    items.add(leases.lease(client, item, nowNs));
                }
                answer(client, SignalKind.LEASE_ANSWER, id, new LeaseAnswer(items).encode(), out);
            }
            case SignalKind.RELEASE -> {
                List<LeaseAnswer.Item> items = new ArrayList<>();
                for (int spi : Release.decode(signal.body()).spis()) {
                    leases.release(client.node, spi);
                    items.add(new LeaseAnswer.Item(LeaseStatus.RELEASED, Ticket.NONE));
                }
                answer(client, SignalKind.LEASE_ANSWER, id, new LeaseAnswer(items).encode(), out);
            }
            case SignalKind.PIN -> {
                PinAnswer refusal = new PinAnswer(Pin.decode(signal.body()).spi(), SignalError.UNSUPPORTED, 0);
                answer(client, SignalKind.PIN_ANSWER, id, refusal.encode(), out);
            }
            case SignalKind.ERROR -> {} // an answer to an answer would never end
            default -> {
                SignalError error = new SignalError(SignalError.UNSUPPORTED, "kind " + signal.kind());
                answer(client, SignalKind.ERROR, id, error.encode(), out);
            }
        }
    }

    private static void answer(RelayedClient client, int kind, int requestId, byte[] body, Outbox<RelayEvent> out) {
        Signal signal = new Signal(kind, 0, requestId, Signal.RELAY_ITSELF, body);
        out.event(new RelayEvent.SendSignal(client.node, SignalCodec.encode(signal)));
    }

    /** An unauthenticated 438: all that it can do is to make a client check now instead of later. */
    private void hint(RelayInput.UnknownSource input, long nowNs, Outbox<RelayEvent> out) {
        if (hints.take(1, nowNs)) {
            StunMessage message = StunMessage.error(new TransactionId(0, 0), StunMessage.STALE_NONCE, "")
                    .build();
            out.transmit(new Datagram(input.local(), input.remote(), StunCodec.encode(message)));
        }
    }

    private void tellMove(long nowNs, Outbox<RelayEvent> out) {
        for (RelayedClient client : clients.values()) {
            if (client.attached()) {
                answer(client, SignalKind.MOVE, 0, move, out);
            }
        }
        if (--movesLeft > 0) {
            timers.set(Timer.REPEAT_MOVE, nowNs + MOVE_REPEAT_NS);
        }
    }
}
