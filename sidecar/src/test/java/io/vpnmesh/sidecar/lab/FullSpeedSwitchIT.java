// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.sidecar.data.DropReason;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another SA and another path while the tunnel carries gigabits: nothing is dropped because of it. */
@Tag("lab")
class FullSpeedSwitchIT {

    private static final int PORT = 9000;
    private static final int SECONDS = 5;
    private static final int SLOW_PORT = 4600;
    private static final int SLOWER_MS = 50;
    private static final int MEGABITS = 3000;
    private static final List<DropReason> LOSSES = Stream.of(DropReason.values())
            .filter(reason -> reason != DropReason.NO_OWNER) // the kernels' own multicasts
            .toList();

    @TempDir
    private Path folder;

    @SuppressWarnings("NullAway.Init") // made before each test
    private TunnelPair pair;

    @BeforeEach
    void make() throws Exception {
        pair = new TunnelPair(folder);
    }

    @AfterEach
    void close() {
        pair.close();
    }

    @Test
    void aStreamThatTakesAllLosesNothingToANewSaAndPathEachTenMilliseconds() throws Exception {
        pair.start(
                new TunnelPair.Change(10, 32, false),
                List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_B), TunnelPair.tunnelAt(TunnelPair.OUTER_B_V6)),
                List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_A), TunnelPair.tunnelAt(TunnelPair.OUTER_A_V6)));
        Program sink = pair.runHot("tb", Pour.class, "sink", "" + PORT);
        pair.await("sink", () -> pair.namespaces.in("tb", "ss", "-ltn").contains(":" + PORT));
        Map<String, Long> before = pair.drops(LOSSES);
        long switches = pair.counter("ta", "switches");
        Program pour = pair.runHot("ta", Pour.class, "pour", TunnelPair.INNER_B, "" + PORT, "" + SECONDS);
        assertThat(pour.waitFor(60)).as(pour.log()).isZero();
        assertThat(sink.waitFor(60)).as(sink.log()).isZero();
        System.out.println("stream: " + pour.log() + " " + kernel("ta", "TcpRetransSegs") + " retransmitted");

        assertThat(sink.log()).isEqualTo("right=" + TunnelPair.number(pour.log(), "sent"));
        assertThat(pair.counter("ta", "switches") - switches).isGreaterThan(SECONDS * 100 / 2);
        assertThat(pair.drops(LOSSES)).isEqualTo(before);
    }

    /** The way back to the fast path: more than ten thousand packets overtake those that are still on the slow one. */
    @Test
    void aFlowOfThreeGigabitsThatComesBackFromASlowerPathLosesNothing() throws Exception {
        pair.start(
                new TunnelPair.Change(500, 1, false),
                List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_B), TunnelPair.OUTER_A + ":" + SLOW_PORT),
                List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_A)));
        Program slow = pair.runHot(
                "ta", SlowRoad.class, "" + SLOW_PORT, TunnelPair.tunnelAt(TunnelPair.OUTER_B), "" + SLOWER_MS);
        pair.await("slow road", () -> slow.log().equals("open"));
        Program receiver = pair.runHot("tb", Firehose.class, "receive", "" + PORT);
        pair.await("receiver", () -> receiver.log().contains("got=0"));
        Map<String, Long> before = pair.drops(LOSSES);
        Program sender = pair.runHot(
                "ta",
                Firehose.class,
                "send",
                TunnelPair.INNER_B + ":" + PORT,
                "" + (Firehose.WARM_SECONDS + SECONDS),
                "" + MEGABITS);
        assertThat(sender.waitFor(60)).as(sender.log()).isZero();
        long sent = TunnelPair.number(sender.log(), "sent");
        Thread.sleep(1000);
        String last = receiver.log().lines().toList().getLast();
        long full = kernel("ta", "UdpRcvbufErrors") + kernel("tb", "UdpRcvbufErrors");
        System.out.println("firehose: " + sender.log() + " " + last + " full buffers=" + full);

        assertThat(TunnelPair.number(last, "late"))
                .as("further apart than the window that an SA begins with")
                .isGreaterThan(EspOpener.DEFAULT_WINDOW);
        assertThat(last).contains("wrong=0 doubled=0");
        assertThat(sent - TunnelPair.number(last, "got"))
                .as("lost, if not for want of a buffer of the kernel's")
                .isBetween(0L, full * Firehose.TRAIN);
        assertThat(pair.drops(LOSSES)).isEqualTo(before);
    }

    private long kernel(String host, String counter) {
        return Long.parseLong(pair.namespaces
                .in(host, "nstat", "-asz", counter)
                .lines()
                .toList()
                .getLast()
                .split("\\s+")[1]);
    }
}
