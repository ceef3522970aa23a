// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.bench.JmhRun;
import io.vpnmesh.bench.Machine;
import io.vpnmesh.bench.Scoreboard;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.ike.IkeLimits;
import io.vpnmesh.transport.crypto.AeadChoice;
import io.vpnmesh.transport.crypto.UnusableEngineException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * All figures of the engine in one run: {@code make bench-ipsec}. Exit status 1 says that a bar was missed, and which; a
 * rival or a library that is not there ends the run.
 */
public final class IpsecBench {

    /** What is compared takes turns, so that a disturbance of the machine meets both. */
    private static final int ROUNDS = 3;

    private static final double NS_PER_MS = 1e6;
    private static final double KIB = 1024;
    private static final double MIB = 1024 * KIB;

    private final Scoreboard board = new Scoreboard();

    private IpsecBench() {}

    public static void main(String[] arguments) throws Exception {
        System.exit(new IpsecBench().run());
    }

    private int run() throws IOException, MalformedException, UnusableEngineException {
        List<String> engines = new ArrayList<>();
        for (String name : List.of("jdk", "ipsec-mb", "openssl")) {
            engines.add(name + " " + AeadChoice.of(name).engine().version());
        }
        memory();
        handshakes();
        packets();
        return board.conclude("IPsec engine on " + Machine.describe() + "; ciphers: " + String.join(", ", engines));
    }

    private void memory() throws MalformedException {
        say("memory of established peers and of half-open attempts");
        board.add("established peer: heap", new PeerHeap().bytesPerPeer() / KIB, "KiB", 32);
        HalfOpenHeap halfOpen = new HalfOpenHeap();
        board.add(
                HalfOpenHeap.ATTEMPTS + " half-open attempts from spoofed sources: heap",
                halfOpen.ofSpoofedSources() / MIB,
                "MiB",
                8);
        board.add(
                HalfOpenHeap.ATTEMPTS + " that show their cookie, " + IkeLimits.DEFAULT.maxHalfOpen() + " kept: heap",
                halfOpen.ofSourcesWithCookies() / MIB,
                "MiB");
    }

    private void handshakes() throws IOException {
        List<Map<String, JmhRun.Cost>> rounds = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            say("handshakes, both sides, round " + round + " of " + ROUNDS);
            rounds.add(JmhRun.of(HandshakeBenchmark.class));
        }
        add("hybrid X25519 + ML-KEM-768", rounds, HandshakeBenchmark.HYBRID, 10);
        add("classic X25519", rounds, HandshakeBenchmark.CLASSIC, 4);
        say("handshakes of a pair of strongSwan's");
        try (CharonPair charons = new CharonPair()) {
            board.add(
                    "handshake, classic X25519, " + charons.version() + ", both sides: CPU",
                    charons.processorNsPerHandshake() / NS_PER_MS,
                    "ms");
        }
    }

    private void add(String what, List<Map<String, JmhRun.Cost>> rounds, String agreement, double mostMs) {
        double[] processorNs = rounds.stream()
                .mapToDouble(round -> cost(round, "handshake:" + agreement).processorNs())
                .toArray();
        board.add("handshake, " + what + ", both sides: CPU", median(processorNs) / NS_PER_MS, "ms", mostMs);
    }

    private void packets() {
        List<Map<String, JmhRun.Cost>> toWire = new ArrayList<>();
        List<Map<String, JmhRun.Cost>> inPlace = new ArrayList<>();
        for (int round = 1; round <= ROUNDS; round++) {
            say("ESP, round " + round + " of " + ROUNDS);
            inPlace.add(JmhRun.of(EspInPlaceBenchmark.class));
            toWire.add(JmhRun.of(EspBenchmark.class));
        }
        say("ESP, what is allocated");
        Map<String, JmhRun.Cost> inPlaceCounted = JmhRun.counting(EspInPlaceBenchmark.class);
        Map<String, JmhRun.Cost> toWireCounted = JmhRun.counting(EspBenchmark.class);
        packet("jdk, in place", inPlace, inPlaceCounted, "", true);
        packet("jdk, to and from native memory", toWire, toWireCounted, ":jdk", true);
        packet("ipsec-mb", toWire, toWireCounted, ":ipsec-mb", false);
        packet("openssl", toWire, toWireCounted, ":openssl", false);
    }

    private void packet(
            String what,
            List<Map<String, JmhRun.Cost>> rounds,
            Map<String, JmhRun.Cost> counted,
            String engine,
            boolean hasBar) {
        double[] esp = figures(rounds, "esp" + engine);
        double[] bare = figures(rounds, "bare" + engine);
        double[] ratios = new double[rounds.size()];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = esp[i] / bare[i];
        }
        String row = "ESP seal + open of " + EspBenchmark.PACKET + " bytes, " + what;
        board.add(row, median(esp), "ns");
        board.add("  " + what + ": the cipher calls alone", median(bare), "ns");
        if (hasBar) {
            board.add("  " + what + ": ratio", median(ratios), "x", 1.15);
        } else {
            board.add("  " + what + ": ratio", median(ratios), "x");
        }
        double own = cost(counted, "esp" + engine).allocatedBytes()
                - cost(counted, "bare" + engine).allocatedBytes();
        board.add("  " + what + ": allocated by our own code", Math.round(own), "bytes", 0);
    }

    private static double[] figures(List<Map<String, JmhRun.Cost>> rounds, String name) {
        return rounds.stream().mapToDouble(round -> cost(round, name).wallNs()).toArray();
    }

    private static JmhRun.Cost cost(Map<String, JmhRun.Cost> costs, String name) {
        JmhRun.Cost cost = costs.get(name);
        if (cost == null) {
            throw new IllegalStateException(name + " was not measured, only " + costs.keySet());
        }
        return cost;
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        java.util.Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void say(String what) {
        System.out.println("bench-ipsec: " + what);
        System.out.flush();
    }
}
