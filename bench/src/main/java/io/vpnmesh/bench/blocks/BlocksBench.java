// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.bench.JmhRun;
import io.vpnmesh.bench.Machine;
import io.vpnmesh.bench.Scoreboard;
import java.util.Map;

/** Every block in one run: {@code make bench-blocks}. What is on a packet's way must not allocate. */
public final class BlocksBench {

    private final Scoreboard board = new Scoreboard();

    private BlocksBench() {}

    public static void main(String[] arguments) {
        System.exit(new BlocksBench().run());
    }

    private int run() {
        Map<String, JmhRun.Cost> headers = run(HeaderBenchmark.class);
        packet("what a datagram is, by its first words", headers, "classify", 1);
        packet("IP header, parsed", headers, "parse", 1);
        packet("checksum of 1400 bytes", headers, "checksum", 1);
        packet("owner of an address, of 1000 peers", headers, "route", 1);
        packet("SA of an SPI, of 1000 peers", headers, "spi", 1);

        Map<String, JmhRun.Cost> esp = run(EspHeaderBenchmark.class);
        packet("ESP without cipher: seal", esp, "seal", 1);
        packet("ESP without cipher: open, in order", esp, "openInOrder", 1);
        packet("ESP without cipher: open, out of order", esp, "openOutOfOrder", 1);
        packet("ESP without cipher: open, and refuse its replay", esp, "openAndRefuseItsReplay", 1);

        Map<String, JmhRun.Cost> trains = run(TrainBenchmark.class);
        packet("split a frame, for each of 44 packets", trains, "split", TrainBenchmark.SEGMENTS);
        packet("join a frame, for each of 44 packets", trains, "join", TrainBenchmark.SEGMENTS);
        packet("  of which copies that stand for opening", trains, "copy", TrainBenchmark.SEGMENTS);

        Map<String, JmhRun.Cost> udp = run(UdpBenchmark.class);
        packet("UDP to and from the kernel, in a train, each of 44", udp, "train", UdpBenchmark.DATAGRAMS);
        packet("UDP to and from the kernel, alone, each of 44", udp, "alone", UdpBenchmark.DATAGRAMS);

        Map<String, JmhRun.Cost> relay = run(RelayBenchmark.class);
        for (String clients : new String[] {"2", "1000", "10000"}) {
            packet(
                    "a relay of " + clients + " clients, lone packets there and back",
                    relay,
                    "forward:" + clients,
                    RelayBenchmark.PACKETS);
        }

        Map<String, JmhRun.Cost> control = run(ControlBenchmark.class);
        message("IKE_SA_INIT: encode", control, "encodeIkeSaInit");
        message("IKE_SA_INIT: decode", control, "decodeIkeSaInit");
        message("path check: encode and sign", control, "encodeCheck");
        message("path check: decode and verify", control, "decodeAndVerifyCheck");

        Map<String, JmhRun.Cost> curve = run(Curve25519Benchmark.class);
        beside("Ed25519: sign", curve, "sign");
        beside("Ed25519: verify", curve, "verify");
        beside("X25519: two key pairs, two secrets", curve, "agree");
        return board.conclude("Building blocks on " + Machine.describe());
    }

    private static Map<String, JmhRun.Cost> run(Class<?> benchmarks) {
        System.out.println("bench-blocks: " + benchmarks.getSimpleName());
        System.out.flush();
        return JmhRun.of(benchmarks);
    }

    private void packet(String what, Map<String, JmhRun.Cost> costs, String benchmark, int packets) {
        JmhRun.Cost cost = cost(costs, benchmark);
        board.add(what, cost.wallNs() / packets, "ns");
        // The profiler's own samples show up as some hundredths of a byte.
        board.add("  allocated", Math.rint(cost.allocatedBytes() / packets), "bytes", 0);
    }

    private void message(String what, Map<String, JmhRun.Cost> costs, String benchmark) {
        JmhRun.Cost cost = cost(costs, benchmark);
        board.add(what, cost.wallNs(), "ns");
        board.add("  allocated", Math.rint(cost.allocatedBytes()), "bytes");
    }

    /** Beside the JDK's own in the same run. */
    private void beside(String what, Map<String, JmhRun.Cost> costs, String benchmark) {
        double ours = cost(costs, benchmark).wallNs();
        double jdk = cost(costs, benchmark + "ByJdk").wallNs();
        board.add(what, ours / 1e3, "us");
        board.add("  by the JDK's own", jdk / 1e3, "us");
        board.add("  ratio", ours / jdk, "x", 1);
    }

    private static JmhRun.Cost cost(Map<String, JmhRun.Cost> costs, String benchmark) {
        JmhRun.Cost cost = costs.get(benchmark);
        if (cost == null) {
            throw new IllegalStateException(benchmark + " was not measured, only " + costs.keySet());
        }
        return cost;
    }
}
