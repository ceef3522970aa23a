// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import org.junit.jupiter.api.Test;

/** A relay that can carry so many units per millisecond, and loses what is beyond it. */
class FairShareTest {

    private static final long MS = 1_000_000L;
    /** A datagram of these is 1000 units. */
    private static final int BYTES = 1000 - FairShare.DATAGRAM_UNITS;

    private static final Route WAY = new Route.Forward(Endpoint.UNSPECIFIED, Endpoint.parse("192.0.2.1:4500"));

    private final FairShare fair = new FairShare();
    private final RelayedClient heavy = client(1);
    private final RelayedClient light = client(2);
    private final RelayedClient server = client(3);
    private final RelayedClient other = client(4);
    private long nowNs;

    private static RelayedClient client(int number) {
        return new RelayedClient(new NodeId(0, number));
    }

    /** Datagrams of 1000 units that pass, out of so many. */
    private int send(RelayedClient from, RelayedClient to, int datagrams) {
        int passed = 0;
        for (int i = 0; i < datagrams; i++) {
            passed += fair.admit(from, to, BYTES, 1, WAY) == WAY ? 1 : 0;
        }
        return passed;
    }

    /** One millisecond of both, on a relay that can carry {@code capacity} datagrams of it; returns what passed. */
    private int[] millisecond(int heavyLoad, int lightLoad, int capacity) {
        fair.begin(nowNs);
        int[] passed = {send(heavy, server, heavyLoad), send(light, other, lightLoad)};
        if (passed[0] + passed[1] > capacity) {
            fair.pressure();
        }
        nowNs += MS;
        return passed;
    }

    private long[] run(int milliseconds, int heavyLoad, int lightLoad, int capacity) {
        long[] sum = new long[2];
        for (int i = 0; i < milliseconds; i++) {
            int[] passed = millisecond(heavyLoad, lightLoad, capacity);
            sum[0] += passed[0];
            sum[1] += passed[1];
        }
        return sum;
    }

    @Test
    void nobodyIsHeldWhenThereIsEnough() {
        assertThat(run(1000, 500, 5, 600)).containsExactly(500_000, 5_000);
        assertThat(fair.share()).isInfinite();
    }

    @Test
    void heavyClientIsHeldToWhatIsLeftAndTheLightOneLosesNothing() {
        run(2000, 500, 5, 100);

        long[] passed = run(2000, 500, 5, 100);

        assertThat(passed[1]).isEqualTo(10_000);
        assertThat(passed[0]).isBetween(2000 * 75L, 2000 * 110L);
    }

    @Test
    void twoHeavyClientsGetTheSameBesideALightOne() {
        RelayedClient second = client(5);
        RelayedClient third = client(6);
        long[] passed = new long[3];
        for (int i = 0; i < 4000; i++) {
            fair.begin(nowNs);
            int[] now = {send(heavy, server, 500), send(second, third, 250), send(light, other, 5)};
            for (int j = 0; j < 3 && i >= 2000; j++) {
                passed[j] += now[j];
            }
            if (now[0] + now[1] + now[2] > 100) {
                fair.pressure();
            }
            nowNs += MS;
        }

        assertThat((double) passed[0] / passed[1]).isBetween(0.95, 1.05);
        assertThat(passed[0] + passed[1]).isBetween(2000 * 75L, 2000 * 115L);
        assertThat(passed[2]).isEqualTo(10_000);
    }

    @Test
    void shareEndsWithTheLoad() {
        run(2000, 500, 5, 100);
        assertThat(fair.share()).isFinite();

        run(500, 10, 5, 100);

        assertThat(fair.share()).isInfinite();
    }

    @Test
    void pressureOfStrangersIsNotPaidForByClients() {
        for (int i = 0; i < 1000; i++) {
            millisecond(50, 5, 0);
            fair.stranger(200 * 60, 200);
        }

        assertThat(fair.share()).isInfinite();
    }

    @Test
    void shareNeverFallsBelowTheMean() {
        for (int i = 0; i < 5000; i++) {
            int[] passed = millisecond(10, 10, 0); // pressure that no client can end
            assertThat(passed).containsExactly(10, 10);
        }
    }

    @Test
    void lightSenderReachesAReceiverThatAHeavyOneFloods() {
        long passed = 0;
        for (int i = 0; i < 4000; i++) {
            fair.begin(nowNs);
            int sum = send(heavy, server, 500);
            int lightPassed = send(light, server, 2);
            passed += i < 2000 ? 0 : lightPassed;
            if (sum + lightPassed > 100) {
                fair.pressure();
            }
            nowNs += MS;
        }

        assertThat(passed).isEqualTo(4_000);
    }

    @Test
    void bulkStopsBeforeShortDatagrams() {
        run(2000, 500, 5, 100);
        fair.begin(nowNs);
        while (fair.admit(heavy, server, BYTES, 1, WAY) == WAY) {
            // until its share is used up
        }

        assertThat(fair.admit(heavy, server, 100, 1, WAY)).isEqualTo(WAY);
        assertThat(fair.admit(heavy, server, 60_000, 50, WAY)).isEqualTo(Route.Verdict.OVER_SENDER_SHARE);
    }

    @Test
    void wholeTrainPassesOrNoneOfIt() {
        run(2000, 500, 5, 100);
        fair.begin(nowNs + 1000 * MS);

        assertThat(fair.admit(heavy, server, 60_000, 44, WAY)).isEqualTo(WAY);
    }

    @Test
    void sendersTakeTurnsOfAQuantum() {
        fair.begin(nowNs);

        assertThat(fair.round(heavy, FairShare.QUANTUM)).isZero();
        assertThat(fair.round(heavy, FairShare.QUANTUM)).isEqualTo(1);
        assertThat(fair.round(heavy, 10)).isEqualTo(2);
        assertThat(fair.round(light, 10)).isZero();
        fair.begin(nowNs);
        assertThat(fair.round(heavy, 10)).isZero();
    }
}
