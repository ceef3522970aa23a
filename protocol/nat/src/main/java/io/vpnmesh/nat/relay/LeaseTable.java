// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.LeaseStatus;
import io.vpnmesh.nat.signal.Ticket;
import java.util.random.RandomGenerator;

/** Who holds which SPI, for how long: the policy behind a {@link ForwardingTable}. Conductor only. */
final class LeaseTable {

    private static final long SECOND_NS = 1_000_000_000L;
    /** A shorter wish is raised to it: a lease must outlive its own request and the next renewal. */
    private static final int MIN_LEASE_SECONDS = 60;

    private final RelaySettings settings;
    private final ForwardingTable table;
    private final LeaseTickets tickets;
    private final RelayedClient self;
    private boolean draining;

    LeaseTable(RelaySettings settings, ForwardingTable table) {
        this.settings = settings;
        this.table = table;
        this.tickets = new LeaseTickets(settings.ticketKey());
        this.self = new RelayedClient(settings.self());
        this.self.route = Route.Verdict.LOCAL;
    }

    void drain() {
        draining = true;
    }

    LeaseAnswer.Item lease(RelayedClient client, LeaseRequest.Item item, long nowNs) {
        LeaseStatus status = decide(client, item, nowNs);
        if (status != LeaseStatus.GRANTED) {
            return new LeaseAnswer.Item(status, Ticket.NONE);
        }
        int wish = item.lifetimeSeconds();
        int seconds = wish < 0 ? settings.limits().maxLeaseSeconds() : wish;
        seconds = Math.clamp(seconds, MIN_LEASE_SECONDS, settings.limits().maxLeaseSeconds());
        Lease lease = table.find(item.spi());
        if (lease == null) {
            lease = new Lease(item.spi(), client, 0);
            client.leases++;
            table.add(lease);
        }
        lease.expiresNs = Math.max(lease.expiresNs, nowNs + seconds * SECOND_NS);
        return new LeaseAnswer.Item(
                LeaseStatus.GRANTED, tickets.issue(item.spi(), client.node, wallSeconds(nowNs) + seconds));
    }

    private LeaseStatus decide(RelayedClient client, LeaseRequest.Item item, long nowNs) {
        Lease lease = table.find(item.spi());
        if (item.spi() >= 0) {
            return LeaseStatus.NOT_LEASABLE;
        }
        if (lease != null && lease.expiresNs > nowNs) {
            return lease.client == client ? LeaseStatus.GRANTED : LeaseStatus.TAKEN;
        }
        if (lease != null) {
            drop(lease);
        }
        if (draining) {
            return LeaseStatus.DRAINING;
        }
        if (client.leases >= settings.limits().maxLeasesPerClient()) {
            return LeaseStatus.TOO_MANY;
        }
        boolean ticketOnly = settings.restarted() && nowNs < settings.limits().ticketOnlyNs();
        if (ticketOnly && !tickets.proves(item.ticket(), item.spi(), client.node, wallSeconds(nowNs))) {
            return LeaseStatus.TICKET_NEEDED;
        }
        return LeaseStatus.GRANTED;
    }

    /** Idempotent: an SPI that the client does not hold is released already. */
    void release(NodeId node, int spi) {
        Lease lease = table.find(spi);
        if (lease != null && lease.client.node.equals(node)) {
            drop(lease);
        }
    }

    /** An SPI for an SA of the relay itself: top bit set, queue 0 in bits 24 to 27 (docs/wire.md, SPI). */
    int takeOwn(RandomGenerator random) {
        int spi;
        do {
            spi = (random.nextInt() | 0x8000_0000) & 0xF0FF_FFFF;
        } while (table.find(spi) != null);
        table.add(new Lease(spi, self, Long.MAX_VALUE));
        return spi;
    }

    void freeOwn(int spi) {
        release(self.node, spi);
    }

    void expire(long nowNs) {
        table.removeIf(lease -> {
            boolean expired = lease.expiresNs <= nowNs;
            if (expired) {
                lease.client.leases--;
            }
            return expired;
        });
    }

    private void drop(Lease lease) {
        lease.client.leases--;
        table.remove(lease);
    }

    private long wallSeconds(long nowNs) {
        return settings.wallSecondsAtZero() + nowNs / SECOND_NS;
    }
}
