// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** What is sent through a tunnel, and what arrives: iperf3 for streams, a small program of our own for packets. */
final class Load implements AutoCloseable {

    /** Folder of what bench/rivals/build has built. */
    private static final String PROGRAMS = "vpnmesh.rivals";

    private static final int PROBE_PORT = 7007;
    private static final int PACKETS_SECONDS = 60;
    private static final int FIRST_SECONDS = 20;
    private static final Duration SPARE = Duration.ofSeconds(20);
    private static final double GIGA = 1e9;

    /**
     * A stream of some seconds.
     *
     * @param gbps at the receiving application, 10⁹ bits a second
     * @param processorPerGb seconds of both ends' processes for 10⁹ bytes received
     */
    record Stream(double gbps, double processorPerGb) {}

    /** Echoes, in microseconds. */
    record Echoes(double p50, double p99, double lost) {}

    /**
     * Lone packets at the highest rate that loses at most one in a thousand.
     *
     * @param processorUs of both ends' processes for one packet
     */
    record Packets(double perSecond, double processorUs) {}

    private final Tunnel tunnel;
    private final String probe = program();
    private final List<Process> servers = new ArrayList<>();

    /** Starts the servers on the right host. */
    Load(Run run, Tunnel tunnel, String label) {
        this.tunnel = tunnel;
        Path folder = run.folder("servers-" + label);
        Namespace right = tunnel.ground().right();
        serve(run, right, folder.resolve("iperf3.log"), "iperf3", "-s", "-B", tunnel.rightAddress());
        // Of several addresses all: their answers may come from any.
        String served = tunnel.rightAddresses().size() == 1 ? tunnel.rightAddress() : "0.0.0.0";
        serve(run, right, folder.resolve("probe.log"), probe, "serve", served, "" + PROBE_PORT);
        Machine.pause(Duration.ofMillis(300));
        for (Process server : servers) {
            if (!server.isAlive()) {
                throw new LabException("a server on " + right.name() + " has ended at once: see " + folder);
            }
        }
    }

    /** The probe. */
    static String program() {
        return Path.of(System.getProperty(PROGRAMS, ""), "probe").toString();
    }

    private void serve(Run run, Namespace where, Path log, String... command) {
        List<String> words = new ArrayList<>(where.prefix());
        words.addAll(List.of(command));
        try {
            Process process = new ProcessBuilder(words)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            run.ownsProcess(process.pid());
            servers.add(process);
        } catch (IOException e) {
            throw new LabException("cannot start " + command[0] + ": bench/rivals/build provides it", e);
        }
    }

    /**
     * TCP for some seconds.
     *
     * @param back from right to left
     */
    Stream tcp(int flows, int seconds, boolean back) {
        double before = Cost.processorSeconds(tunnel.processes());
        JsonObject received = iperf(flows, seconds, back, "0");
        double spent = Cost.processorSeconds(tunnel.processes()) - before;
        try {
            return new Stream(received.real("bits_per_second", 0) / GIGA, spent / (received.real("bytes", 0) / GIGA));
        } catch (MalformedException e) {
            throw new LabException("iperf3's report: " + e.getMessage(), e);
        }
    }

    private JsonObject iperf(int flows, int seconds, boolean back, String bitsPerSecond) {
        List<String> words = new ArrayList<>(List.of(
                "iperf3",
                "-c",
                tunnel.rightAddress(),
                "-J",
                "-t",
                "" + seconds,
                "-P",
                "" + flows,
                "-b",
                bitsPerSecond));
        words.addAll(List.of("-i", "0"));
        if (back) {
            words.add("-R");
        }
        String report = run(words, seconds);
        int sum = report.indexOf("\"sum_received\"");
        if (sum < 0) {
            // Seen once in hundreds of runs: exit status 0 and a report that ends behind its first lines.
            System.out.println("bench: iperf3 reported nothing, once more: " + String.join(" ", words));
            report = run(words, seconds);
            sum = report.indexOf("\"sum_received\"");
        }
        if (sum < 0) {
            throw new LabException("iperf3 reported nothing twice: " + String.join(" ", words) + ": " + report);
        }
        // Not parsed as a whole: with several flows it has a field twice.
        int from = report.indexOf('{', sum);
        return parse(words, report.substring(from, report.indexOf('}', from) + 1));
    }

    /** Open loop of 1000 echoes a second. */
    Echoes echoes(int seconds) {
        return echoes(probe(seconds, "rtt", "--rate", "1000", "--seconds", "" + seconds));
    }

    /**
     * The same beside TCP in the same tunnel.
     *
     * @param bitsPerSecond of one flow, such as 200M; 0 for all that it can
     */
    Echoes echoesBeside(String bitsPerSecond, int seconds) {
        // Echoes beside a flow that did not run would look good: its failure is theirs.
        CompletableFuture<JsonObject> bulk = CompletableFuture.supplyAsync(
                () -> iperf(1, seconds + 1, false, bitsPerSecond), Thread::startVirtualThread);
        Machine.pause(Duration.ofMillis(700));
        Echoes echoes = echoes(seconds);
        try {
            bulk.join();
        } catch (CompletionException e) {
            throw new LabException("the flow beside the echoes: " + e.getMessage(), e);
        }
        return echoes;
    }

    private static Echoes echoes(JsonObject report) {
        try {
            double sent = report.real("sent", 0);
            return new Echoes(
                    report.real("p50_us", Double.NaN),
                    report.real("p99_us", Double.NaN),
                    1 - report.real("received", 0) / sent);
        } catch (MalformedException e) {
            throw new LabException("the probe's report: " + e.getMessage(), e);
        }
    }

    /** UDP packets of {@code size} bytes at the highest rate that arrives, to all peers in turns. */
    Packets packets(int size, int seconds) {
        String peers = String.join(",", tunnel.rightAddresses());
        return packets(
                tunnel.ground().left(),
                tunnel.processes(),
                List.of(
                        tunnel.rightAddress(),
                        "" + PROBE_PORT,
                        "--size",
                        "" + size,
                        "--seconds",
                        "" + seconds,
                        "--peers",
                        peers));
    }

    /**
     * The same without a tunnel of ours around it.
     *
     * @param counted whose processor time is counted
     * @param arguments of the probe, behind its verb
     */
    static Packets packets(Namespace from, List<Long> counted, List<String> arguments) {
        List<String> words = new ArrayList<>(List.of(program(), "pps"));
        words.addAll(arguments);
        double before = Cost.processorSeconds(counted);
        String text = Command.of(words)
                .behind(from.prefix())
                .timeout(SPARE.plusSeconds(PACKETS_SECONDS))
                .orThrow();
        double spent = Cost.processorSeconds(counted) - before;
        JsonObject report = parse(words, text);
        try {
            return new Packets(report.real("pps", Double.NaN), spent * 1e6 / report.real("received", Double.NaN));
        } catch (MalformedException e) {
            throw new LabException("the probe's report: " + e.getMessage(), e);
        }
    }

    /**
     * From the execution of the left end's program to the answer to the first packet, in milliseconds. The right end, which
     * stays, and the identities are there; a packet is sent every other millisecond.
     */
    double firstPacketMs() {
        tunnel.haltLeft();
        CompletableFuture<JsonObject> first = CompletableFuture.supplyAsync(
                () -> probe(FIRST_SECONDS, "first", "--every-ms", "2", "--deadline-ms", "" + FIRST_SECONDS * 1000),
                Thread::startVirtualThread);
        long executedNs = tunnel.startLeft();
        try {
            return (first.join().real("first_ns", Double.NaN) - executedNs) / 1e6;
        } catch (CompletionException | MalformedException e) {
            throw new LabException("the first packet: " + e.getMessage(), e);
        }
    }

    private JsonObject probe(int seconds, String verb, String... options) {
        List<String> words = new ArrayList<>(List.of(probe, verb, tunnel.rightAddress(), "" + PROBE_PORT));
        words.addAll(List.of(options));
        return parse(words, run(words, seconds));
    }

    private String run(List<String> words, int seconds) {
        Command command = Command.of(words).behind(tunnel.ground().left().prefix());
        return command.timeout(SPARE.plusSeconds(seconds)).orThrow();
    }

    private static JsonObject parse(List<String> words, String text) {
        try {
            return Json.parse(text);
        } catch (MalformedException e) {
            throw new LabException(words.getFirst() + " reported no JSON: " + e.getMessage() + ": " + text, e);
        }
    }

    @Override
    public void close() {
        servers.forEach(Process::destroy);
    }
}
