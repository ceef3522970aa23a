// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Machine;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.stun.TransactionIds;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/** All relays of a sidecar, its homes and those of its peers, and the pool of SPIs leased on the homes. */
public final class RelayAttachments implements Machine<AttachmentInput, AttachmentEvent> {

    private final TransactionIds ids;
    private final RandomGenerator random;
    private final LeasePool leases;
    private final Map<NodeId, RelayClient> clients = new LinkedHashMap<>();
    private final Set<NodeId> homes = new LinkedHashSet<>();
    private boolean spisReady;

    /** @param random unpredictable: it makes SPIs */
    public RelayAttachments(TransactionIds ids, RandomGenerator random) {
        this.ids = ids;
        this.random = random;
        this.leases = new LeasePool(random);
    }

    /** The pool; taking from it wakes this machine, so ask {@link #nextWakeupNs} again afterwards. */
    public LeasePool leases() {
        return leases;
    }

    public Optional<RelayClient> client(NodeId relay) {
        return Optional.ofNullable(clients.get(relay));
    }

    /** Relays that forward for us at the moment. */
    public List<NodeId> attached() {
        return clients.entrySet().stream()
                .filter(entry -> entry.getValue().attached())
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public void handle(AttachmentInput input, long nowNs, Outbox<AttachmentEvent> out) {
        switch (input) {
            case AttachmentInput.Attach attach -> attach(attach, nowNs, out);
            case AttachmentInput.Detach detach -> detach(detach.relay(), nowNs, out);
            case AttachmentInput.ToRelay to -> {
                RelayClient client = clients.get(to.relay());
                if (client != null) {
                    if (to.input() instanceof RelayClientInput.Unsecured) {
                        leases.relayForgot(to.relay());
                    } else if (to.input() instanceof RelayClientInput.Secured) {
                        leases.renewAll(to.relay());
                    }
                    client.handle(to.input(), nowNs, outboxOf(to.relay(), nowNs, out));
                }
            }
            case AttachmentInput.StunReceived stun ->
                clients.forEach((relay, client) -> {
                    if (client.relayEndpoint().equals(stun.remote())) {
                        client.handle(
                                new RelayClientInput.StunReceived(stun.local(), stun.remote(), stun.message()),
                                nowNs,
                                outboxOf(relay, nowNs, out));
                    }
                });
        }
        tend(nowNs, out);
    }

    @Override
    public void onTimer(long nowNs, Outbox<AttachmentEvent> out) {
        for (Map.Entry<NodeId, RelayClient> entry : clients.entrySet()) {
            if (entry.getValue().nextWakeupNs() <= nowNs) {
                entry.getValue().onTimer(nowNs, outboxOf(entry.getKey(), nowNs, out));
            }
        }
        tend(nowNs, out);
    }

    @Override
    public long nextWakeupNs() {
        long next = TimerTable.NEVER;
        for (RelayClient client : clients.values()) {
            next = Math.min(next, client.nextWakeupNs());
        }
        for (NodeId home : homes) {
            next = Math.min(next, leases.nextNs(home));
        }
        return next;
    }

    private void attach(AttachmentInput.Attach attach, long nowNs, Outbox<AttachmentEvent> out) {
        RelayClient known = clients.get(attach.relay());
        if (known != null && !known.relayEndpoint().equals(attach.remote())) {
            detach(attach.relay(), nowNs, out);
            known = null;
        }
        if (known == null) {
            clients.put(attach.relay(), new RelayClient(attach.remote(), ids, random));
        }
        if (!attach.home()) {
            if (homes.remove(attach.relay())) {
                leases.relayRemoved(attach.relay());
            }
        } else if (homes.add(attach.relay()) && known != null && known.attached()) {
            leases.relayUp(attach.relay());
        }
    }

    private void detach(NodeId relay, long nowNs, Outbox<AttachmentEvent> out) {
        RelayClient client = clients.get(relay);
        if (client != null) {
            client.handle(new RelayClientInput.Unsecured(), nowNs, outboxOf(relay, nowNs, out));
            clients.remove(relay);
        }
        homes.remove(relay);
        leases.relayRemoved(relay);
    }

    /** Brings the pool's wishes to the relays and its news to the shell. */
    private void tend(long nowNs, Outbox<AttachmentEvent> out) {
        for (NodeId home : List.copyOf(homes)) {
            RelayClient client = clients.get(home);
            if (client == null || !client.attached()) {
                continue;
            }
            List<LeaseRequest.Item> wishes = leases.wishes(home, nowNs);
            if (!wishes.isEmpty()) {
                client.handle(new RelayClientInput.AskLease(wishes), nowNs, outboxOf(home, nowNs, out));
            }
            List<Integer> releases = leases.takeReleases(home);
            if (!releases.isEmpty()) {
                client.handle(new RelayClientInput.AskRelease(releases), nowNs, outboxOf(home, nowNs, out));
            }
        }
        leases.takeCollisions().forEach(spi -> out.event(new AttachmentEvent.SpiCollision(spi)));
        boolean ready = leases.readyCount() > 0;
        if (ready && !spisReady) {
            out.event(new AttachmentEvent.SpisReady());
        }
        spisReady = ready;
    }

    private Outbox<RelayClientEvent> outboxOf(NodeId relay, long nowNs, Outbox<AttachmentEvent> out) {
        return new Outbox<>() {
            @Override
            public void transmit(Datagram datagram) {
                out.transmit(datagram);
            }

            @Override
            public void event(RelayClientEvent event) {
                boolean home = homes.contains(relay);
                switch (event) {
                    case RelayClientEvent.Leased leased ->
                        leases.answered(relay, leased.items(), leased.answers(), nowNs);
                    case RelayClientEvent.LeaseUnanswered unanswered ->
                        leases.unanswered(relay, unanswered.items(), nowNs);
                    case RelayClientEvent.Attached _
                    when home -> {
                        leases.relayUp(relay);
                        out.event(new AttachmentEvent.FromRelay(relay, event));
                    }
                    case RelayClientEvent.Down _ -> {
                        leases.relayDown(relay);
                        out.event(new AttachmentEvent.FromRelay(relay, event));
                    }
                    default -> out.event(new AttachmentEvent.FromRelay(relay, event));
                }
            }
        };
    }
}
