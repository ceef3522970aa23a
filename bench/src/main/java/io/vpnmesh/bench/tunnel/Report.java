// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.bench.Machine;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.e2e.cluster.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The figures of a run as tables, as JSON, and (of the full run) as a page with a chart. */
final class Report {

    private static final Path TARGET = Tools.repository().resolve("bench/target");

    private final Plan plan;
    private final Map<Ground.Way, Figures> figures;
    private final Map<String, String> versions;
    private final List<Bar.Outcome> outcomes;
    private final List<Limit.Outcome> limits;

    Report(Plan plan, Map<Ground.Way, Figures> figures, Map<String, String> versions) {
        this.plan = plan;
        this.figures = new EnumMap<>(figures);
        this.versions = new LinkedHashMap<>(versions);
        this.outcomes = Bar.of(figures);
        this.limits = Limit.of(figures);
    }

    /**
     * Prints and writes everything; the exit status of the run.
     *
     * @param page whether the figures go into the documentation
     */
    int conclude(boolean page) {
        String text = markdown();
        System.out.println();
        System.out.print(text);
        try {
            System.out.println("\nbench: all figures are in " + write(plan.name()));
            if (page) {
                publish(text);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        List<Bar.Outcome> missed =
                outcomes.stream().filter(outcome -> !outcome.held()).toList();
        missed.forEach(outcome -> System.out.println("MISSED " + sentence(outcome)));
        List<Limit.Outcome> passed =
                limits.stream().filter(outcome -> !outcome.held()).toList();
        passed.forEach(outcome -> System.out.println("MISSED " + sentence(outcome)));
        System.out.flush();
        return missed.isEmpty() && passed.isEmpty() ? 0 : 1;
    }

    /** For a run that has come to nothing: what was measured until then is written, and judged by nobody. */
    void keep() {
        try {
            System.out.println("bench: not finished; the figures so far are in " + write(plan.name() + "-unfinished"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path write(String name) throws IOException {
        Files.createDirectories(TARGET);
        Path json = TARGET.resolve("tunnel-" + name + ".json");
        Files.writeString(json, Json.write(json()) + "\n");
        return json;
    }

    private void publish(String text) throws IOException {
        Page.put("make bench", text);
        Files.writeString(Page.FOLDER.resolve("performance.json"), Json.write(json()) + "\n");
        Files.writeString(Page.FOLDER.resolve("performance.svg"), Chart.of(figures));
        System.out.println("bench: written to performance.md, performance.json and performance.svg in " + Page.FOLDER);
    }

    private String markdown() {
        StringBuilder text = new StringBuilder();
        text.append("From `bench/run-tunnel ")
                .append(plan.name())
                .append("`, ")
                .append(LocalDate.now(ZoneOffset.UTC))
                .append(". Machine: ")
                .append(Machine.describe())
                .append(".\n\n");
        figures.forEach((way, ofWay) -> {
            text.append("### ")
                    .append(capital(way.title))
                    .append("\n\n")
                    .append(table(ofWay))
                    .append('\n');
        });
        text.append("### Ratios, with their bars\n\n").append(bars()).append('\n');
        if (!limits.isEmpty()) {
            text.append("### Limits\n\n").append(limits()).append('\n');
        }
        text.append("### Who took part\n\n");
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("tunnel", "version"));
        versions.forEach((name, version) -> rows.add(List.of(name, version)));
        return text.append(MarkdownTable.of(rows)).toString();
    }

    private static String table(Figures figures) {
        List<Measure> measures = java.util.Arrays.stream(Measure.values())
                .filter(measure -> figures.tunnels().stream()
                        .anyMatch(tunnel -> !figures.values(tunnel, measure).isEmpty()))
                .toList();
        List<List<String>> rows = new ArrayList<>();
        List<String> head = new ArrayList<>(List.of("tunnel"));
        measures.forEach(measure -> head.add(measure.title + ", " + measure.unit));
        rows.add(head);
        for (String tunnel : figures.tunnels()) {
            List<String> row = new ArrayList<>(List.of(tunnel));
            measures.forEach(measure -> row.add(number(figures.median(tunnel, measure), measure.digits)));
            rows.add(row);
        }
        return MarkdownTable.of(rows);
    }

    private String bars() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("what", "ratio", "least", "most", "bar", "", "aim", ""));
        for (Bar.Outcome outcome : outcomes) {
            rows.add(List.of(
                    what(outcome),
                    number(outcome.ratio().median(), 2),
                    number(outcome.ratio().min(), 2),
                    number(outcome.ratio().max(), 2),
                    wanted(outcome.bar(), outcome.bar().bar()),
                    mark(outcome.bar().bar(), outcome.held()),
                    wanted(outcome.bar(), outcome.bar().aim()),
                    mark(outcome.bar().aim(), outcome.reached())));
        }
        return MarkdownTable.of(rows);
    }

    private String limits() {
        List<List<String>> rows = new ArrayList<>();
        rows.add(List.of("what", "median", "worst", "bar", ""));
        for (Limit.Outcome outcome : limits) {
            Measure measure = outcome.limit().measure();
            rows.add(List.of(
                    what(outcome.limit()),
                    number(outcome.median(), measure.digits),
                    number(outcome.worst(), measure.digits),
                    "≤ " + number(outcome.limit().most(), measure.digits),
                    mark(outcome.limit().most(), outcome.held())));
        }
        return MarkdownTable.of(rows);
    }

    private static String what(Limit limit) {
        return "%s, %s of %s, %s"
                .formatted(limit.way().title, limit.measure().title, limit.ours(), limit.measure().unit);
    }

    private static String sentence(Limit.Outcome outcome) {
        return "%s: %s, the bar is ≤ %s"
                .formatted(
                        what(outcome.limit()),
                        number(outcome.median(), outcome.limit().measure().digits),
                        number(outcome.limit().most(), outcome.limit().measure().digits));
    }

    private static String what(Bar.Outcome outcome) {
        Bar bar = outcome.bar();
        return "%s, %s: %s by %s".formatted(bar.way().title, bar.measure().title, bar.ours(), outcome.rival());
    }

    private static String sentence(Bar.Outcome outcome) {
        return "%s: %s, the bar is %s"
                .formatted(
                        what(outcome),
                        number(outcome.ratio().median(), 2),
                        wanted(outcome.bar(), outcome.bar().bar()));
    }

    private static String wanted(Bar bar, double value) {
        return Double.isNaN(value) ? "" : (bar.atLeast() ? "≥ " : "≤ ") + number(value, 2);
    }

    static String mark(double wanted, boolean reached) {
        return Double.isNaN(wanted) ? "" : reached ? "✓" : "✗";
    }

    static String number(double value, int digits) {
        return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, "%." + digits + "f", value);
    }

    private static String capital(String text) {
        return text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    }

    /** Every single value, so that others can look at them their own way. */
    private Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("plan", plan.name());
        json.put("machine", Machine.describe());
        json.put("versions", versions);
        figures.forEach((way, ofWay) -> {
            Map<String, Object> tunnels = new LinkedHashMap<>();
            for (String tunnel : ofWay.tunnels()) {
                Map<String, Object> values = new LinkedHashMap<>();
                for (Measure measure : Measure.values()) {
                    List<Double> all = ofWay.values(tunnel, measure);
                    if (!all.isEmpty()) {
                        values.put(measure.name().toLowerCase(Locale.ROOT) + " [" + measure.unit + "]", all);
                    }
                }
                tunnels.put(tunnel, values);
            }
            json.put(way.name().toLowerCase(Locale.ROOT), tunnels);
        });
        return json;
    }
}
