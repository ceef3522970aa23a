// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.signal.Ticket;
import io.vpnmesh.nat.sim.Recorder;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a lease costs in heap, by the difference after collections; the relay machine and its table are the real ones. */
@Tag("long")
class LeaseMemoryTest {

    private static final int CLIENTS = 1_000;
    private static final int LEASES = 100_000;
    private static final int BAR_BYTES = 128;

    private final Random random = new Random(8);
    private final ForwardingTable table = new ForwardingTable();
    private final RelayServer server = new RelayServer(
            RelaySettings.of(
                    new NodeId(9, 9),
                    SecretBytes.owning(new byte[32]),
                    SecretBytes.owning(new byte[32]),
                    1_700_000_000L,
                    false),
            table,
            random);

    private static long usedAfterCollections() {
        for (int i = 0; i < 4; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private void signal(int client, Signal signal, Recorder<RelayEvent> out) {
        server.handle(new RelayInput.SignalReceived(new NodeId(1, client), SignalCodec.encode(signal)), 0, out);
    }

    @Test
    void leaseCostsAtMost128BytesOfHeapAtAHundredThousand() {
        long empty = usedAfterCollections();
        for (int i = 0; i < CLIENTS; i++) {
            byte[] key = new byte[32];
            random.nextBytes(key);
            CheckCredentials credentials = CheckCredentials.of(
                    SecretBytes.owning(key),
                    SecretBytes.owning(key.clone()),
                    false,
                    "c%015d".formatted(i),
                    "d%015d".formatted(i));
            server.handle(new RelayInput.ClientUp(new NodeId(1, i), credentials), 0, new Recorder<>());
        }
        long withClients = usedAfterCollections();
        lease();
        long withLeases = usedAfterCollections();

        assertThat(table.size()).isEqualTo(LEASES);
        double perLease = (double) (withLeases - withClients) / LEASES;
        System.out.printf(
                "relay memory: %.1f bytes of heap per lease at %,d leases of %,d clients (bar %d); %.0f bytes per "
                        + "client besides, without its IKE SA%n",
                perLease, LEASES, CLIENTS, BAR_BYTES, (double) (withClients - empty) / CLIENTS);
        assertThat(perLease).isLessThanOrEqualTo(BAR_BYTES).isGreaterThan(8);
    }

    private void lease() {
        int perClient = LEASES / CLIENTS;
        for (int client = 0; client < CLIENTS; client++) {
            List<LeaseRequest.Item> items = new ArrayList<>();
            for (int i = 0; i < perClient; i++) {
                int spread = (client * perClient + i) * 0x1E37_79B1 & 0x7FFF_FFFF; // odd: no two are the same
                items.add(new LeaseRequest.Item(spread | 0x8000_0000, 3600, Ticket.NONE));
            }
            for (int at = 0; at < perClient; at += LeaseRequest.MAX_ITEMS) {
                LeaseRequest request =
                        new LeaseRequest(items.subList(at, Math.min(perClient, at + LeaseRequest.MAX_ITEMS)));
                signal(
                        client,
                        new Signal(SignalKind.LEASE, request.flags(), at + 1, Signal.RELAY_ITSELF, request.encode()),
                        new Recorder<>());
            }
        }
    }
}
