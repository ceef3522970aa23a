// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.sidecar.data.DropReason;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a kernel answers to a send when the world outside is in disorder, each made by a real firewall, queue or interface
 * while a TCP stream runs: the packets are counted as lost, nothing is logged, and the stream goes on afterwards.
 *
 * <p>ENOBUFS has no case: Linux hides a full queue from a UDP socket without IP_RECVERR.
 */
@Tag("lab")
class OutsideTroubleIT {

    private static final String FILTER = """
            table inet trouble {
              chain c { type filter hook %s priority 0; %s; }
            }
            """;
    private static final int STREAM_PORT = 8080;
    private static final int CANARY_PORT = 7777;
    private static final long BULK = 8L << 20;

    @TempDir
    private Path folder;

    @SuppressWarnings("NullAway.Init") // the one test method begins with it
    private TunnelPair pair;

    @SuppressWarnings("NullAway.Init")
    private Program stream;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void trafficGoesOnAfterEachTroubleAndTheLossIsCounted(boolean overIpv6) throws Exception {
        try (TunnelPair made = new TunnelPair(folder)) {
            pair = made;
            pair.start(
                    TunnelPair.Change.NONE,
                    List.of(TunnelPair.tunnelAt(overIpv6 ? TunnelPair.OUTER_B_V6 : TunnelPair.OUTER_B)),
                    List.of(TunnelPair.tunnelAt(overIpv6 ? TunnelPair.OUTER_A_V6 : TunnelPair.OUTER_A)));
            pair.run("tb", TcpStream.class, "server", "" + STREAM_PORT);
            pair.await("server", () -> pair.namespaces.in("tb", "ss", "-ltn").contains(":" + STREAM_PORT));
            stream = pair.run("ta", TcpStream.class, "client", TunnelPair.INNER_B, "" + STREAM_PORT);
            goesOn();

            aFirewallOnTheWayOut();
            theOtherEndRefuses();
            theInterfaceGoesDown();
            theInterfaceOfThePodGoesDown();
            theSendBufferIsFull();
            theInterfaceBecomesNarrower();
            hostileTrains(overIpv6 ? TunnelPair.OUTER_B_V6 : TunnelPair.OUTER_B);

            for (String host : new String[] {"ta", "tb"}) {
                assertThat(pair.log(host).lines())
                        .as("lines of the product")
                        .allMatch(line -> line.startsWith("state "));
                assertThat(pair.counter(host, DropReason.INTERNAL_FAULT.label()))
                        .isZero();
                assertThat(pair.counter(host, "other_errors")).isZero();
                assertThat(pair.counter(host, DropReason.SEND_FAILED.label()))
                        .isEqualTo(pair.counter(host, "refused")
                                + pair.counter(host, "unreachable")
                                + pair.counter(host, "too_long")
                                + pair.counter(host, "buffer_full"));
                System.out.println(pair.log(host).lines().toList().getLast());
            }
        }
    }

    /** The stream passes on 100 more numbers. */
    private void goesOn() throws InterruptedException {
        long before = TunnelPair.number(stream.log(), "count");
        pair.await("stream goes on behind " + before, () -> TunnelPair.number(stream.log(), "count") >= before + 100);
        assertThat(stream.log()).doesNotContain("wrong");
    }

    private void awaitMore(String counter, Runnable trouble) throws InterruptedException {
        long before = pair.counter("ta", counter);
        long lost = pair.counter("ta", DropReason.SEND_FAILED.label());
        trouble.run();
        pair.await(counter, () -> pair.counter("ta", counter) > before);
        assertThat(pair.counter("ta", DropReason.SEND_FAILED.label())).isGreaterThan(lost);
    }

    /** EPERM. */
    private void aFirewallOnTheWayOut() throws InterruptedException {
        awaitMore("refused", () -> pair.namespaces.nft("ta", FILTER.formatted("output", "udp dport 4500 drop")));
        pair.namespaces.nft("ta", "delete table inet trouble\n");
        goesOn();
    }

    /** ICMP port unreachable, which a socket may be told as ECONNREFUSED: then that is read, and costs nothing. */
    private void theOtherEndRefuses() throws InterruptedException {
        pair.namespaces.nft(
                "tb", FILTER.formatted("input", "udp dport 4500 counter reject with icmpx type port-unreachable"));
        pair.await(
                "refused by ICMP",
                () -> !pair.namespaces
                        .in("tb", "nft", "list", "table", "inet", "trouble")
                        .contains("packets 0 "));
        pair.namespaces.nft("tb", "delete table inet trouble\n");
        goesOn();
    }

    /** ENETUNREACH or ENETDOWN. */
    private void theInterfaceGoesDown() throws InterruptedException {
        awaitMore("unreachable", () -> pair.namespaces.in("ta", "ip", "link", "set", "eth0", "down"));
        pair.namespaces.in("ta", "ip", "link", "set", "eth0", "up");
        goesOn();
    }

    /** The pod's side: reads and writes fail while it is down. */
    private void theInterfaceOfThePodGoesDown() throws InterruptedException {
        long before = pair.counter("tb", DropReason.TUN_REFUSED.label());
        pair.namespaces.in("tb", "ip", "link", "set", "tun0", "down");
        pair.await("counted", () -> pair.counter("tb", DropReason.TUN_REFUSED.label()) > before);
        pair.namespaces.in("tb", "ip", "link", "set", "tun0", "up");
        goesOn();
    }

    /** EMSGSIZE, for trains and each of their packets; from then on TCP is cut smaller. */
    private void theInterfaceBecomesNarrower() throws InterruptedException {
        narrowTo(1400);
        awaitMore("too_long", this::bulk);
        long after = pair.counter("ta", "too_long");
        bulk();
        assertThat(pair.counter("ta", "too_long")).isEqualTo(after);
        narrowTo(1500);
        goesOn();
    }

    private void narrowTo(int mtu) {
        for (String host : new String[] {"ta", "tb"}) {
            pair.namespaces.in(host, "ip", "link", "set", "eth0", "mtu", "" + mtu);
        }
    }

    private void bulk() {
        try {
            Program bulk = pair.run("ta", TcpStream.class, "bulk", TunnelPair.INNER_B, "" + STREAM_PORT, "" + BULK);
            assertThat(bulk.waitFor(30)).as(bulk.log()).isZero();
            assertThat(bulk.log()).contains("right=" + BULK);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** EAGAIN: a queue that holds more than the socket may have under way. */
    private void theSendBufferIsFull() throws InterruptedException {
        Program receiver = pair.run("tb", CanaryFlows.class, "receive", "" + CANARY_PORT);
        pair.await("receiver", () -> receiver.log().contains("got=0"));
        pair.namespaces.in(
                "ta", "tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", "40mbit", "burst", "256k", "limit",
                "64m");
        awaitMore(
                "buffer_full",
                () -> pair.run("ta", CanaryFlows.class, "send", TunnelPair.INNER_B, "" + CANARY_PORT, "200000", "0"));
        pair.namespaces.in("ta", "tc", "qdisc", "del", "dev", "eth0", "root");
        goesOn();
    }

    private void hostileTrains(String target) throws InterruptedException {
        long garbage = pair.counter("tb", DropReason.GARBAGE.label());
        long forged = pair.counter("tb", DropReason.BAD_ICV.label());
        Program hostile = pair.run("ta", HostileTrains.class, target + ":" + StaticTunnel.PORT, "2000");
        assertThat(hostile.waitFor(30)).as(hostile.log()).isZero();
        pair.await("garbage counted", () -> pair.counter("tb", DropReason.GARBAGE.label()) > garbage + 1000);
        assertThat(pair.counter("tb", DropReason.BAD_ICV.label())).isGreaterThan(forged);
        goesOn();
    }
}
