// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import io.vpnmesh.sidecar.data.DropReason;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Two {@link StaticTunnel}s in namespaces with one cable between them, both families on it, and programs beside them. */
final class TunnelPair implements AutoCloseable {

    static final String INNER_A = "10.99.0.1";
    static final String INNER_B = "10.99.0.2";
    static final String OUTER_A = "10.66.0.1";
    static final String OUTER_B = "10.66.0.2";
    static final String OUTER_A_V6 = "[fd66::1]";
    static final String OUTER_B_V6 = "[fd66::2]";

    /**
     * What changes while packets flow.
     *
     * @param everyMs 0 = nothing does
     * @param sas of which the next one seals
     * @param copies whether packets go two ways every third time
     */
    record Change(int everyMs, int sas, boolean copies) {

        static final Change NONE = new Change(0, 1, false);
    }

    private static final int WAIT_SECONDS = 20;

    final Namespaces namespaces = new Namespaces();
    private final Path folder;
    private final String classPath;
    private final List<Program> programs = new ArrayList<>();
    private final Map<String, Program> tunnels = new HashMap<>();
    private int started;

    TunnelPair(Path folder) throws IOException {
        this.folder = folder;
        Shell.must("chmod", "755", folder.toString());
        classPath = Program.readableClassPath(Program.folder(folder, "classes", 0));
        namespaces.add("ta");
        namespaces.add("tb");
        namespaces.cable("ta", "eth0", OUTER_A + "/24", "tb", "eth0", OUTER_B + "/24");
        side("ta", "fd66::1/64", INNER_A);
        side("tb", "fd66::2/64", INNER_B);
    }

    private void side(String host, String outerV6, String inner) {
        namespaces.in(
                host, "sysctl", "-qw", "net.ipv6.conf.eth0.accept_dad=0", "net.ipv6.conf.eth0.keep_addr_on_down=1");
        namespaces.in(host, "ip", "addr", "add", outerV6, "dev", "eth0", "nodad");
        namespaces.in(host, "ip", "tuntap", "add", "dev", "tun0", "mode", "tun", "multi_queue", "vnet_hdr");
        namespaces.in(host, "ip", "link", "set", "tun0", "mtu", "1418", "txqueuelen", "10000", "up");
        namespaces.in(host, "ip", "addr", "add", inner + "/24", "dev", "tun0");
    }

    /** Targets are addresses with ports. */
    void start(Change change, List<String> targetsOfA, List<String> targetsOfB) throws InterruptedException {
        tunnels.values().forEach(Program::close);
        tunnels.put("ta", tunnel("ta", "0", INNER_A, INNER_B, change, targetsOfA));
        tunnels.put("tb", tunnel("tb", "1", INNER_B, INNER_A, change, targetsOfB));
        await(
                "the tunnel carries",
                () -> namespaces
                                .tryIn("ta", "ping", "-c", "1", "-W", "1", INNER_B)
                                .status()
                        == 0);
    }

    /** Where the tunnel of this address is. */
    static String tunnelAt(String outer) {
        return outer + ":" + StaticTunnel.PORT;
    }

    private Program tunnel(String host, String side, String own, String other, Change change, List<String> targets) {
        List<String> arguments = new ArrayList<>(
                List.of(side, "tun0", own, other, "" + change.everyMs, "" + change.sas, "" + change.copies));
        arguments.addAll(targets);
        return runHot(host, StaticTunnel.class, arguments.toArray(String[]::new));
    }

    Program run(String host, Class<?> main, String... arguments) {
        return owned(Program.start(host, 0, nextLog(), classPath, command(main, arguments)));
    }

    /** For what carries all that it can. */
    Program runHot(String host, Class<?> main, String... arguments) {
        return owned(Program.startHot(host, nextLog(), classPath, command(main, arguments)));
    }

    private Path nextLog() {
        return folder.resolve("log-" + started++);
    }

    private Program owned(Program program) {
        programs.add(program);
        return program;
    }

    private static String[] command(Class<?> main, String... arguments) {
        return Stream.concat(Stream.of(main.getName()), Stream.of(arguments)).toArray(String[]::new);
    }

    /** A counter that the tunnel of this host has said last; 0 before it says any. */
    long counter(String host, String name) {
        return number(log(host), name);
    }

    /** What both sides have dropped for these reasons, as of now: what a side has said is some time old. */
    Map<String, Long> drops(Collection<DropReason> reasons) throws InterruptedException {
        Map<String, Long> drops = new TreeMap<>();
        for (String host : List.of("ta", "tb")) {
            long said = log(host).lines().count();
            await("news", () -> log(host).lines().count() > said + 1);
            reasons.forEach(reason -> drops.put(host + " " + reason, counter(host, reason.label())));
        }
        return drops;
    }

    /** Of the process that is this host's tunnel. */
    long pid(String host) {
        Program tunnel = tunnels.get(host);
        if (tunnel == null) {
            throw new IllegalStateException("no tunnel was started on " + host);
        }
        return tunnel.pid();
    }

    String log(String host) {
        Program tunnel = tunnels.get(host);
        return tunnel == null ? "" : tunnel.log();
    }

    /** The last {@code name=number} of a log; 0 if there is none. */
    static long number(String log, String name) {
        Matcher matcher = Pattern.compile("\\b" + name + "=(\\d+)").matcher(log);
        long last = 0;
        while (matcher.find()) {
            last = Long.parseLong(matcher.group(1));
        }
        return last;
    }

    void await(String what, BooleanSupplier condition) throws InterruptedException {
        Instant deadline = Instant.now().plus(Duration.ofSeconds(WAIT_SECONDS));
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("waited in vain: " + what + "\n" + tail("ta") + "\n" + tail("tb"));
            }
            Thread.sleep(50);
        }
    }

    private String tail(String host) {
        String log = log(host);
        return log.substring(Math.max(0, log.length() - 900));
    }

    @Override
    public void close() {
        programs.reversed().forEach(Program::close);
        namespaces.close();
    }
}
