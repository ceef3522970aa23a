// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.sidecar.data.DropReason;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A new SA and another path every 10 ms, in both directions, with forged trains in between: no packet is lost. */
@Tag("lab")
class LosslessSwitchIT {

    private static final int SWITCH_MS = 10;
    private static final int SAS = 32;
    private static final int CANARY_PORT = 7777;
    private static final int WARM_UP_PORT = 7877;
    private static final int WARM_UP = 20_000;
    private static final int WARM_UP_PER_MS = 4;
    private static final int STREAM_PORT = 8080;
    private static final int DATAGRAMS = 60_000;

    /** About 85 Mb/s in 10,000 packets a second: far below what the slowest machine carries. */
    private static final int PER_MS = 10;

    private static final long BULK = 48L << 20;

    /** What a switch could do wrong. Copies on a second path are REPLAYED by design. */
    private static final List<DropReason> LOSSES = List.of(
            DropReason.UNKNOWN_SPI,
            DropReason.BAD_ICV,
            DropReason.MALFORMED,
            DropReason.SELECTOR,
            DropReason.SEAL_REFUSED,
            DropReason.SEND_FAILED,
            DropReason.TUN_REFUSED,
            DropReason.HELD_TOO_LONG,
            DropReason.INBOUND_POLICY);

    @TempDir
    private Path folder;

    @Test
    void everyPacketArrivesOnceAndUnchangedWhileSaAndPathChange() throws Exception {
        try (TunnelPair pair = new TunnelPair(folder)) {
            pair.start(
                    new TunnelPair.Change(SWITCH_MS, SAS, true),
                    List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_B), TunnelPair.tunnelAt(TunnelPair.OUTER_B_V6)),
                    List.of(TunnelPair.tunnelAt(TunnelPair.OUTER_A), TunnelPair.tunnelAt(TunnelPair.OUTER_A_V6)));
            warmUp(pair);
            canaries(pair);
            Map<String, Long> before = pair.drops(LOSSES); // the strangers' own
            bulk(pair);

            assertThat(pair.drops(LOSSES)).isEqualTo(before);
            for (String host : new String[] {"ta", "tb"}) {
                assertThat(pair.counter(host, DropReason.INTERNAL_FAULT.label()))
                        .isZero();
                assertThat(pair.counter(host, "switches")).isGreaterThan(300);
                assertThat(pair.log(host).lines()).allMatch(line -> line.startsWith("state "));
            }
            assertThat(pair.counter("tb", DropReason.REPLAYED.label()))
                    .as("second copies")
                    .isPositive();
        }
    }

    /**
     * The same flows, slower and not counted: a process that has just started takes packets at a fraction of its speed until
     * its code is compiled, and on a slow machine its socket's buffer would run over. That is no loss of a switch.
     */
    private static void warmUp(TunnelPair pair) throws InterruptedException {
        Program receiver = pair.run("tb", CanaryFlows.class, "receive", "" + WARM_UP_PORT);
        pair.await("receiver", () -> receiver.log().contains("got=0"));
        Program sender = pair.run(
                "ta",
                CanaryFlows.class,
                "send",
                TunnelPair.INNER_B,
                "" + WARM_UP_PORT,
                "" + WARM_UP,
                "" + WARM_UP_PER_MS);
        assertThat(sender.waitFor(30)).as(sender.log()).isZero();
    }

    private static void canaries(TunnelPair pair) throws InterruptedException {
        Program receiver = pair.run("tb", CanaryFlows.class, "receive", "" + CANARY_PORT);
        pair.await("receiver", () -> receiver.log().contains("got=0"));
        Program hostile = pair.run("ta", HostileTrains.class, TunnelPair.OUTER_B + ":" + StaticTunnel.PORT, "2000");
        Program sender = pair.run(
                "ta", CanaryFlows.class, "send", TunnelPair.INNER_B, "" + CANARY_PORT, "" + DATAGRAMS, "" + PER_MS);
        assertThat(sender.waitFor(30)).as(sender.log()).isZero();
        assertThat(hostile.waitFor(30)).as(hostile.log()).isZero();
        pair.await("all canaries: " + sender.log(), () -> TunnelPair.number(receiver.log(), "got") == DATAGRAMS);
        String last = receiver.log().lines().toList().getLast();
        System.out.println("canaries: " + sender.log() + " " + last);
        assertThat(last).isEqualTo("got=" + DATAGRAMS + " wrong=0 doubled=0");
    }

    private static void bulk(TunnelPair pair) throws InterruptedException {
        pair.run("tb", TcpStream.class, "server", "" + STREAM_PORT);
        pair.await("server", () -> pair.namespaces.in("tb", "ss", "-ltn").contains(":" + STREAM_PORT));
        Program bulk = pair.run("ta", TcpStream.class, "bulk", TunnelPair.INNER_B, "" + STREAM_PORT, "" + BULK);
        assertThat(bulk.waitFor(50)).as(bulk.log()).isZero();
        System.out.println("bulk: " + bulk.log() + " "
                + pair.namespaces.in("ta", "nstat", "-asz", "TcpRetransSegs").replaceAll("\\s+", " "));
        assertThat(bulk.log()).contains("right=" + BULK);
    }
}
