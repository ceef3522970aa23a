// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.bench.Machine;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A sidecar at a tight limit of memory, with a hundred peers and all the load that it can carry, for long: {@code make
 * bench-endurance}. Exit status 1 says that it held too much memory or paused too long; that it was killed, or could not
 * be started, is 2.
 */
public final class Endurance {

    private static final int PEERS = 100;
    private static final long LIMIT_BYTES = 96L << 20;
    private static final double MOST_WORKING_SET_MIB = 64;
    private static final double LONGEST_PAUSE_MS = 5;

    private static final int PAYLOAD = 36;
    private static final int STREAM_SECONDS = 15;
    private static final int ROWS = 6;
    private static final int SECONDS_PER_MINUTE = 60;
    private static final double KILO = 1e3;

    /** As {@code -Xlog:gc} says it: "GC(3) Pause Young (Allocation Failure) 15M->8M(23M) 1.234ms". */
    private static final Pattern PAUSE = Pattern.compile(" Pause .* ([0-9.]+)ms$");

    /** What a round of load has shown. */
    private record Row(int seconds, double there, double back, double packets, double workingSet, double resident) {}

    private final Run run;
    private final int minutes;
    private final List<Row> rows = new ArrayList<>();
    /** Milliseconds, of the collector's pauses before there was load and since. */
    private List<Double> pausesAtStart = List.of();

    private List<Double> pauses = List.of();

    private Endurance(Run run, int minutes) {
        this.run = run;
        this.minutes = minutes;
    }

    /** {@code Endurance MINUTES [page]}: with the second word, the documentation gets the figures. */
    public static void main(String[] arguments) {
        int status;
        try (Run run = Run.open("vme", Run.Lifetime.TIED)) {
            int minutes = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 0;
            if (minutes < 1) {
                throw new LabException("for how many minutes? A number of 1 and more is needed");
            }
            status = new Endurance(run, minutes).run(arguments.length > 1);
        } catch (LabException | NumberFormatException e) {
            System.err.println("endurance: " + e.getMessage());
            status = 2;
        }
        System.exit(status);
    }

    private int run(boolean page) {
        Contenders images = new Contenders(run);
        SidecarContender one = new SidecarContender("ipsec-mb", images.sidecar(), images.relay()) {
            @Override
            long memoryLimit() {
                return LIMIT_BYTES;
            }

            @Override
            List<String> environment(Path folder, String verb) {
                return verb.equals("run")
                        ? List.of("JDK_JAVA_OPTIONS=-Xlog:gc:file=" + folder.resolve("gc.log"))
                        : List.of();
            }
        };
        System.out.printf("endurance: starting a sidecar with %d peers%n", PEERS);
        SidecarStar.Star star = new SidecarStar(one, PEERS).start(run, Ground.make(run, "e", Ground.Way.WHOLE), "e");
        Path pauseLog = run.folder("e").resolve("left/gc.log");
        try (Load load = new Load(run, star, "e")) {
            pausesAtStart = pauses(pauseLog);
            long startedNs = System.nanoTime();
            for (int seconds = 0; seconds < minutes * SECONDS_PER_MINUTE; ) {
                seconds = (int) ((System.nanoTime() - startedNs) / 1_000_000_000L);
                round(star, load, pauseLog, startedNs);
            }
        } catch (UncheckedIOException | LabException e) {
            throw new LabException(
                    "%s%nIf the sidecar has ended, its log says why:%n%s"
                            .formatted(e.getMessage(), star.near().log()),
                    e);
        }
        String text = markdown();
        System.out.println("\n" + text);
        if (page) {
            publish(text);
        }
        return isHeld() ? 0 : 1;
    }

    private void round(SidecarStar.Star star, Load load, Path pauseLog, long startedNs) {
        double there = load.tcp(4, STREAM_SECONDS, false).gbps();
        double back = load.tcp(1, STREAM_SECONDS, true).gbps();
        double packets = load.packets(PAYLOAD, 1).perSecond() / KILO;
        List<Long> near = List.of(star.near().pid());
        Row row = new Row(
                (int) ((System.nanoTime() - startedNs) / 1_000_000_000L),
                there,
                back,
                packets,
                star.workingSetMib().orElseThrow(),
                Cost.residentMib(near));
        rows.add(row);
        List<Double> all = pauses(pauseLog);
        pauses = all.subList(pausesAtStart.size(), all.size());
        System.out.printf(
                "endurance %2d of %d min: %.2f Gb/s there, %.2f back, %.0f k/s to %d peers, working set %.1f MiB, longest"
                        + " pause %.1f ms%n",
                row.seconds / SECONDS_PER_MINUTE,
                minutes,
                there,
                back,
                packets,
                PEERS,
                row.workingSet,
                longest(pauses));
        System.out.flush();
    }

    private static List<Double> pauses(Path log) {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(PAUSE::matcher)
                    .filter(Matcher::find)
                    .map(matcher -> Double.valueOf(matcher.group(1)))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static double longest(List<Double> pauses) {
        return pauses.stream().max(Comparator.naturalOrder()).orElse(0.0);
    }

    private double mostWorkingSet() {
        return rows.stream().mapToDouble(Row::workingSet).max().orElse(Double.NaN);
    }

    private boolean isHeld() {
        return mostWorkingSet() <= MOST_WORKING_SET_MIB && longest(pauses) <= LONGEST_PAUSE_MS;
    }

    private String markdown() {
        List<List<String>> table = new ArrayList<>();
        table.add(List.of(
                "after, min",
                "TCP, 4 flows, Gb/s",
                "TCP, 1 flow back, Gb/s",
                "to %d peers in turns, k/s".formatted(PEERS),
                "working set, MiB",
                "resident, MiB"));
        int shown = Math.min(ROWS, rows.size());
        for (int i = 1; i <= shown; i++) {
            Row row = rows.get(i * rows.size() / shown - 1);
            table.add(List.of(
                    Report.number((double) row.seconds / SECONDS_PER_MINUTE, 0),
                    Report.number(row.there, 2),
                    Report.number(row.back, 2),
                    Report.number(row.packets, 0),
                    Report.number(row.workingSet, 1),
                    Report.number(row.resident, 1)));
        }
        List<List<String>> limits = List.of(
                List.of("what", "worst of %d rounds".formatted(rows.size()), "bar", ""),
                limit("working set, MiB", mostWorkingSet(), MOST_WORKING_SET_MIB),
                limit(
                        "longest of %d pauses under load, ms".formatted(pauses.size()),
                        longest(pauses),
                        LONGEST_PAUSE_MS),
                limit(
                        "longest of %d pauses before, ms".formatted(pausesAtStart.size()),
                        longest(pausesAtStart),
                        Double.NaN));
        return """
                From `make bench-endurance`, %s: %d minutes without a kill at a limit of %d MiB, with %d peers. Machine: %s.

                %s
                %s""".formatted(
                        LocalDate.now(ZoneOffset.UTC),
                        minutes,
                        LIMIT_BYTES >> 20,
                        PEERS,
                        Machine.describe(),
                        MarkdownTable.of(table),
                        MarkdownTable.of(limits));
    }

    private static List<String> limit(String what, double worst, double most) {
        String bar = Double.isNaN(most) ? "" : "≤ " + Report.number(most, 0);
        return List.of(what, Report.number(worst, 1), bar, Report.mark(most, worst <= most));
    }

    private static void publish(String text) {
        try {
            Page.put("make bench-endurance", text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
