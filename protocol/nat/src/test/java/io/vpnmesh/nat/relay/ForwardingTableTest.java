// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ForwardingTableTest {

    private static final Endpoint LOCAL = Endpoint.parse("192.0.2.9:4500");
    private static final Endpoint SOURCE = Endpoint.parse("192.0.2.1:1");

    private final ForwardingTable table = new ForwardingTable();

    private RelayedClient client(int number) {
        RelayedClient client = new RelayedClient(new NodeId(0, number));
        table.bind(client, LOCAL, new Endpoint(IpAddress.v4(0x0A000000 + number), 4500));
        return client;
    }

    @Test
    void agreesWithAPlainMapOverManyAdditionsAndRemovals() {
        table.bind(new RelayedClient(new NodeId(1, 0)), LOCAL, SOURCE);
        Random random = new Random(3);
        Map<Integer, Lease> model = new HashMap<>();
        RelayedClient[] clients = new RelayedClient[16];
        for (int i = 0; i < clients.length; i++) {
            clients[i] = client(i);
        }

        for (int i = 0; i < 50_000; i++) {
            int spi = 0x80000000 | random.nextInt(8_000);
            Lease known = model.remove(spi);
            if (known != null) {
                table.remove(known);
                continue;
            }
            Lease lease = new Lease(spi, clients[random.nextInt(clients.length)], 0);
            model.put(spi, lease);
            table.add(lease);
        }

        assertThat(table.size()).isEqualTo(model.size());
        for (int i = 0; i < 8_000; i++) {
            Lease lease = model.get(0x80000000 | i);
            Route expected = lease == null ? Route.Verdict.UNKNOWN_SPI : lease.client.route;
            assertThat(table.lookup(SOURCE, 0x80000000 | i)).isEqualTo(expected);
        }
    }

    @Test
    void zeroIsNoSpi() {
        Lease lease = new Lease(0x80000000, client(1), 0);
        table.add(lease);
        table.remove(lease);

        assertThat(table.lookup(SOURCE, 0)).isEqualTo(Route.Verdict.UNKNOWN_SPI);
    }

    @Test
    void readersSeeOldOrNewButNeverAnothersTuple() throws InterruptedException {
        table.bind(new RelayedClient(new NodeId(1, 0)), LOCAL, SOURCE);
        RelayedClient stable = client(1);
        RelayedClient churning = client(2);
        table.add(new Lease(0x80000001, stable, 0));
        Route expected = stable.route;
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger wrong = new AtomicInteger();
        Thread reader = Thread.ofPlatform().start(() -> {
            while (!stop.get()) {
                if (!table.lookup(SOURCE, 0x80000001).equals(expected)) {
                    wrong.incrementAndGet();
                }
            }
        });

        Random random = new Random(4);
        for (int i = 0; i < 100_000; i++) {
            Lease lease = new Lease(0x90000000 | random.nextInt(1 << 20), churning, 0);
            if (table.find(lease.spi) == null) {
                table.add(lease);
            }
            if (i % 3 != 0) {
                table.remove(lease);
            }
        }
        stop.set(true);
        reader.join();

        assertThat(wrong).hasValue(0);
    }
}
