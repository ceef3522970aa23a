// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * All tunnels in one run: {@code make bench}, {@code bench-quick}, {@code bench-check}. Every tunnel stands on a ground of
 * its own and they take turns, round by round, so that a disturbance of the machine meets all of them. Exit status 1 says
 * that a bar was missed, 2 that the run could not be made; a rival that is not there ends it.
 */
public final class TunnelBench {

    /** Behind the headers of IPv4 and UDP it makes packets of 64 bytes. */
    private static final int PAYLOAD = 36;

    private static final int ASKING_SECONDS = 3;

    /** A step of warming up, in either direction: a compiler at work has had its processor time then. */
    private static final int WARM_UP_SECONDS = 2;

    private static final int MAX_WARM_UP_STEPS = 6;

    /** What a step must have gained over the best before it for another to be worth it. */
    private static final double STILL_RISING = 1.03;

    /** Says that a part is worth the documentation too. */
    private static final String PAGE = "page";

    private static final String BESIDE = "200M";
    private static final double KILO = 1e3;

    /** A contender on its ground. */
    private record Entry(String name, Tunnel tunnel, Load load, Figures figures) {

        void add(Measure measure, double value) {
            figures.add(name, measure, value);
        }
    }

    private final Plan plan;
    private final Run run;
    private final Contenders contenders;
    private final Map<Ground.Way, Figures> figures = new EnumMap<>(Ground.Way.class);
    private final Map<String, String> versions = new LinkedHashMap<>();
    private final long startedNs = System.nanoTime();

    private TunnelBench(Plan plan, Run run) {
        this.plan = plan;
        this.run = run;
        this.contenders = new Contenders(run);
    }

    public static void main(String[] arguments) {
        int status;
        try (Run run = Run.open("vmb", Run.Lifetime.TIED)) {
            Plan plan = Plan.of(arguments.length > 0 ? arguments[0] : "");
            boolean page = plan.isPublished() || List.of(arguments).contains(PAGE);
            status = new TunnelBench(plan, run).run(page);
        } catch (LabException | IllegalArgumentException e) {
            System.err.println("bench: " + e.getMessage());
            status = 2;
        }
        System.exit(status);
    }

    private int run(boolean page) {
        try {
            measure();
        } catch (LabException e) {
            new Report(plan, figures, versions).keep();
            throw e;
        }
        return new Report(plan, figures, versions).conclude(page);
    }

    private void measure() {
        for (Ground.Way way : Ground.Way.values()) {
            if (!plan.contenders(way).isEmpty()) {
                measure(way, figures.computeIfAbsent(way, _ -> new Figures()));
            }
        }
        if (!plan.stars().isEmpty()) {
            many(figures.computeIfAbsent(Ground.Way.WHOLE, _ -> new Figures()));
        }
        if (plan.relayRounds() > 0) {
            relays(figures.computeIfAbsent(Ground.Way.RELAYED, _ -> new Figures()));
        }
    }

    private void measure(Ground.Way way, Figures ofWay) {
        List<Entry> entries = plan.contenders(way).stream()
                .map(name -> enter(way, name, ofWay))
                .toList();
        for (Entry entry : plan.rounds() == 0 ? List.<Entry>of() : entries) {
            say(way + ": warming up " + entry.name);
            warmUp(entry);
        }
        for (int round = 1; round <= plan.rounds(); round++) {
            say("%s: streams, round %d of %d".formatted(way, round, plan.rounds()));
            for (Entry entry : entries) {
                streams(entry, round);
            }
        }
        for (int round = 1; round <= plan.slowRounds(); round++) {
            for (Entry entry : entries) {
                if (!plan.isSlowMeasuredOf(entry.name) || !plan.isEchoedOn(way)) {
                    continue;
                }
                say("%s: echoes and lone packets of %s, round %d of %d"
                        .formatted(way, entry.name, round, plan.slowRounds()));
                slow(way, entry);
            }
        }
        if (way == Ground.Way.WHOLE) {
            asks(entries.stream().filter(entry -> plan.isAsked(entry.name)).toList());
            starts(entries.stream().filter(entry -> plan.isStarted(entry.name)).toList());
        }
        leave(entries);
    }

    /** Questions of an application, all servers up and one asked at a time. */
    private void asks(List<Entry> entries) {
        if (plan.asking() == 0) {
            return;
        }
        say("filling a data base");
        Path template = Database.template(run);
        List<Database> databases = entries.stream()
                .map(entry -> Database.start(run, template, entry.tunnel, "d" + entries.indexOf(entry)))
                .toList();
        for (int round = 1; round <= plan.asking(); round++) {
            say("questions to a data base, round %d of %d".formatted(round, plan.asking()));
            for (int i = 0; i < entries.size(); i++) {
                Entry entry = entries.get(i);
                entry.add(Measure.QUERIES, databases.get(i).queriesPerSecond(ASKING_SECONDS) / KILO);
                entry.add(Measure.CONNECTIONS, databases.get(i).connectionsPerSecond(ASKING_SECONDS));
            }
        }
        databases.forEach(Database::close);
    }

    /** At the very end, as it leaves processes behind that have just begun. */
    private void starts(List<Entry> entries) {
        for (int round = 1; round <= plan.starts(); round++) {
            say("starts, round %d of %d".formatted(round, plan.starts()));
            for (Entry entry : entries) {
                entry.add(Measure.FIRST_PACKET, entry.load.firstPacketMs());
            }
        }
    }

    private static void leave(List<Entry> entries) {
        for (Entry entry : entries) {
            entry.load.close();
            entry.tunnel.close();
        }
    }

    /** Lone packets of one host to many. */
    private void many(Figures ofWay) {
        List<Entry> entries = plan.stars().stream()
                .map(name -> {
                    say("many peers: starting " + name);
                    String label = "s" + plan.stars().indexOf(name);
                    Ground ground = Ground.make(run, label, Ground.Way.WHOLE);
                    return enter(name, ground, contenders.starOf(name), label, ofWay);
                })
                .toList();
        entries.forEach(entry -> entry.load.packets(PAYLOAD, 1));
        for (int round = 1; round <= plan.slowRounds(); round++) {
            for (Entry entry : entries) {
                say("many peers: lone packets of %s, round %d of %d".formatted(entry.name, round, plan.slowRounds()));
                entry.add(Measure.PACKETS_MANY, entry.load.packets(PAYLOAD, 1).perSecond() / KILO);
            }
        }
        leave(entries);
    }

    /** Streams between two ends through each relay, and lone packets through the relay alone where it has no ends of its own. */
    private void relays(Figures ofWay) {
        Relays relays = contenders.relays(run);
        Map<String, Relays.Standing> standing = new LinkedHashMap<>();
        Map<String, Load> loads = new LinkedHashMap<>();
        for (String name : Relays.ALL) {
            say("relays: starting " + name);
            String label = "r" + Relays.ALL.indexOf(name);
            Relays.Standing relay = relays.start(name, label);
            standing.put(name, relay);
            versions.putIfAbsent(name, relay.version());
            relay.tunnel().ifPresent(tunnel -> loads.put(name, run.closing(new Load(run, tunnel, label))));
        }
        loads.values().forEach(load -> load.tcp(4, WARM_UP_SECONDS, false));
        for (int round = 1; round <= plan.relayRounds(); round++) {
            for (Map.Entry<String, Load> entry : loads.entrySet()) {
                say("relays: streams through %s, round %d of %d".formatted(entry.getKey(), round, plan.relayRounds()));
                Load.Stream one = entry.getValue().tcp(1, plan.seconds(), round % 2 == 0);
                Load.Stream four = entry.getValue().tcp(4, plan.seconds(), round % 2 == 0);
                ofWay.add(entry.getKey(), Measure.FLOW, one.gbps());
                ofWay.add(entry.getKey(), Measure.FLOWS, four.gbps());
                ofWay.add(entry.getKey(), Measure.BYTES_COST, (one.processorPerGb() + four.processorPerGb()) / 2);
            }
        }
        standing.values().stream()
                .filter(relay -> relay.lone().isPresent())
                .flatMap(relay -> relay.ends().stream())
                .forEach(ScriptContender.Standing::haltEnds);
        for (int round = 1; round <= plan.relayRounds(); round++) {
            for (Map.Entry<String, Relays.Standing> entry : standing.entrySet()) {
                say("relays: lone packets through %s, round %d of %d"
                        .formatted(entry.getKey(), round, plan.relayRounds()));
                Load.Packets packets = entry.getValue()
                        .lone()
                        .map(lone -> relays.lone(entry.getValue(), lone, 1))
                        .orElseGet(() -> Objects.requireNonNull(loads.get(entry.getKey()), "carries a tunnel")
                                .packets(PAYLOAD, 1));
                ofWay.add(entry.getKey(), Measure.PACKETS, packets.perSecond() / KILO);
                ofWay.add(entry.getKey(), Measure.PACKET_COST, packets.processorUs());
            }
        }
        loads.values().forEach(Load::close);
    }

    private Entry enter(Ground.Way way, String name, Figures ofWay) {
        say(way + ": starting " + name);
        String label =
                (way == Ground.Way.WHOLE ? "w" : "c") + plan.contenders(way).indexOf(name);
        Ground ground = Ground.make(run, label, way);
        return enter(name, ground, contenders.of(name, ground), label, ofWay);
    }

    private Entry enter(String name, Ground ground, Contender contender, String label, Figures ofWay) {
        Tunnel tunnel = contender.start(run, ground, label);
        versions.putIfAbsent(name, contender.version());
        return new Entry(name, tunnel, run.closing(new Load(run, tunnel, label)), ofWay);
    }

    /**
     * Until it gets no faster: a just-in-time compiler takes its time, and who has none is done after the least. The same
     * rule for everybody; what the first seconds gave is a figure of its own.
     */
    private void warmUp(Entry entry) {
        double best = 0;
        int idle = 0;
        for (int step = 0; step < MAX_WARM_UP_STEPS && idle < 2; step++) {
            double there = entry.load.tcp(4, WARM_UP_SECONDS, false).gbps();
            double back = entry.load.tcp(1, WARM_UP_SECONDS, true).gbps();
            if (step == 0) {
                entry.add(Measure.FIRST, there);
            }
            idle = there + back > best * STILL_RISING ? 0 : idle + 1;
            best = Math.max(best, there + back);
        }
    }

    private void streams(Entry entry, int round) {
        for (int direction = 0; direction < plan.directions(); direction++) {
            boolean back = plan.directions() == 1 ? round % 2 == 0 : direction == 1;
            Load.Stream one = entry.load.tcp(1, plan.seconds(), back);
            Load.Stream four = entry.load.tcp(4, plan.seconds(), back);
            entry.add(Measure.FLOW, one.gbps());
            entry.add(Measure.FLOWS, four.gbps());
            if (!entry.tunnel.processes().isEmpty()) {
                entry.add(Measure.BYTES_COST, (one.processorPerGb() + four.processorPerGb()) / 2);
            }
        }
        entry.add(Measure.MEMORY, Cost.residentMib(entry.tunnel.processes()));
        entry.tunnel.workingSetMib().ifPresent(mib -> entry.add(Measure.WORKING_SET, mib));
    }

    private void slow(Ground.Way way, Entry entry) {
        Load.Echoes idle = entry.load.echoes(plan.echoSeconds());
        entry.add(Measure.IDLE_P50, idle.p50());
        entry.add(Measure.IDLE_P99, idle.p99());
        Load.Echoes beside = entry.load.echoesBeside(BESIDE, plan.echoSeconds());
        entry.add(Measure.BESIDE_P50, beside.p50());
        entry.add(Measure.BESIDE_P99, beside.p99());
        Load.Echoes saturated = entry.load.echoesBeside("0", plan.echoSeconds());
        entry.add(Measure.SATURATED_P50, saturated.p50());
        entry.add(Measure.SATURATED_P99, saturated.p99());
        if (way == Ground.Way.WHOLE) {
            Load.Packets packets = entry.load.packets(PAYLOAD, 1);
            entry.add(Measure.PACKETS, packets.perSecond() / KILO);
            if (!entry.tunnel.processes().isEmpty()) {
                entry.add(Measure.PACKET_COST, packets.processorUs());
            }
        }
    }

    private void say(String what) {
        System.out.printf("bench %4d s: %s%n", (System.nanoTime() - startedNs) / 1_000_000_000, what);
        System.out.flush();
    }
}
