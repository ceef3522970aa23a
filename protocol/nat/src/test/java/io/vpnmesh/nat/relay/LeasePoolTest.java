// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.LeaseStatus;
import io.vpnmesh.nat.signal.Ticket;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LeasePoolTest {

    private static final long SECOND_NS = 1_000_000_000L;
    private static final NodeId ONE = new NodeId(1, 1);
    private static final NodeId TWO = new NodeId(2, 2);
    private static final Ticket TICKET = new Ticket(1, 2, 3);

    private final LeasePool pool = new LeasePool(new Random(1));

    private void answer(NodeId relay, LeaseStatus status, long nowNs) {
        List<LeaseRequest.Item> items = pool.wishes(relay, nowNs);
        answer(relay, items, status, nowNs);
    }

    private void answer(NodeId relay, List<LeaseRequest.Item> items, LeaseStatus status, long nowNs) {
        List<LeaseAnswer.Item> answers = items.stream()
                .map(_ -> new LeaseAnswer.Item(status, status == LeaseStatus.GRANTED ? TICKET : Ticket.NONE))
                .toList();
        pool.answered(relay, items, answers, nowNs);
    }

    @Test
    void spiIsOfferedOnlyWhenBothHomesHaveLeasedIt() {
        pool.relayUp(ONE);
        pool.relayUp(TWO);

        answer(ONE, LeaseStatus.GRANTED, 0);
        assertThat(pool.takeInboundSpi()).isEmpty();

        answer(TWO, LeaseStatus.GRANTED, 0);
        assertThat(pool.readyCount()).isEqualTo(LeasePool.IN_ADVANCE);
        assertThat(pool.takeInboundSpi().orElseThrow()).isNegative();
    }

    @Test
    void oneRelayIsEnoughWhenThereIsOnlyOne() {
        pool.relayUp(ONE);

        answer(ONE, LeaseStatus.GRANTED, 0);

        Set<Integer> taken = new HashSet<>();
        for (int i = 0; i < LeasePool.IN_ADVANCE; i++) {
            taken.add(pool.takeInboundSpi().orElseThrow());
        }
        assertThat(taken).hasSize(LeasePool.IN_ADVANCE);
        assertThat(pool.takeInboundSpi()).isEmpty();
        assertThat(pool.nextNs(ONE)).isZero();
        assertThat(pool.wishes(ONE, 0)).hasSize(LeasePool.IN_ADVANCE);
    }

    @Test
    void refusalOnOneRelayGivesTheSpiBackOnTheOther() {
        pool.relayUp(ONE);
        pool.relayUp(TWO);
        List<LeaseRequest.Item> items = pool.wishes(ONE, 0);
        answer(ONE, items, LeaseStatus.GRANTED, 0);

        answer(TWO, LeaseStatus.TAKEN, 0);

        assertThat(pool.takeReleases(ONE))
                .containsExactlyElementsOf(
                        items.stream().map(LeaseRequest.Item::spi).toList());
        assertThat(pool.wishes(TWO, 0)).hasSize(LeasePool.IN_ADVANCE).doesNotContainAnyElementsOf(items);
    }

    @Test
    void newHomeLeasesWhatIsInUseWithItsTicketAndACollisionIsTold() {
        pool.relayUp(ONE);
        answer(ONE, LeaseStatus.GRANTED, 0);
        int spi = pool.takeInboundSpi().orElseThrow();

        pool.relayUp(TWO);
        List<LeaseRequest.Item> items = pool.wishes(TWO, 0);
        assertThat(items).contains(new LeaseRequest.Item(spi, 7200, TICKET));
        answer(TWO, items, LeaseStatus.TAKEN, 0);

        assertThat(pool.takeCollisions()).containsExactly(spi);
    }

    @Test
    void restartedRelayDoesNotHoldUpTheOther() {
        pool.relayUp(ONE);
        pool.relayUp(TWO);
        answer(ONE, LeaseStatus.GRANTED, 0);

        answer(TWO, LeaseStatus.TICKET_NEEDED, 0);

        assertThat(pool.takeInboundSpi()).isPresent();
        assertThat(pool.wishes(TWO, SECOND_NS)).as("paused").isEmpty();
        assertThat(pool.wishes(TWO, 2 * SECOND_NS)).isNotEmpty();
    }

    @Test
    void leaseIsRenewedAtHalfItsLife() {
        pool.relayUp(ONE);
        answer(ONE, LeaseStatus.GRANTED, 0);

        assertThat(pool.nextNs(ONE)).isEqualTo(3600 * SECOND_NS);
        assertThat(pool.wishes(ONE, 3599 * SECOND_NS)).isEmpty();
        assertThat(pool.wishes(ONE, 3600 * SECOND_NS)).hasSize(LeasePool.IN_ADVANCE);
    }

    @Test
    void freedSpiIsReleasedEverywhere() {
        pool.relayUp(ONE);
        answer(ONE, LeaseStatus.GRANTED, 0);
        int spi = pool.takeInboundSpi().orElseThrow();

        pool.freed(spi);

        assertThat(pool.nextNs(ONE)).isZero();
        assertThat(pool.takeReleases(ONE)).containsExactly(spi);
        assertThat(pool.takeReleases(ONE)).isEmpty();
    }

    @Test
    void silenceIsRetriedLater() {
        pool.relayUp(ONE);
        List<LeaseRequest.Item> items = pool.wishes(ONE, 0);

        pool.unanswered(ONE, items, SECOND_NS);

        assertThat(pool.wishes(ONE, 2 * SECOND_NS)).isEmpty();
        assertThat(pool.wishes(ONE, 3 * SECOND_NS)).hasSize(LeasePool.IN_ADVANCE);
    }

    @Test
    void relayThatComesBackIsAskedForEverythingAgainWithTickets() {
        pool.relayUp(ONE);
        answer(ONE, LeaseStatus.GRANTED, 0);
        int spi = pool.takeInboundSpi().orElseThrow();

        pool.relayDown(ONE);
        pool.relayUp(ONE);

        assertThat(pool.takeInboundSpi()).as("still ours").isPresent();
        assertThat(pool.wishes(ONE, SECOND_NS)).contains(new LeaseRequest.Item(spi, 7200, TICKET));
    }
}
