// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Figures of one run, side by side, each with its bar where it has one. */
public final class Scoreboard {

    private record Row(String what, String figure, String bar, Verdict verdict) {}

    private enum Verdict {
        HELD("✓"),
        MISSED("✗"),
        NO_BAR(" ");

        private final String mark;

        Verdict(String mark) {
            this.mark = mark;
        }
    }

    private final List<Row> rows = new ArrayList<>();

    /** A figure for comparison. */
    public void add(String what, double value, String unit) {
        rows.add(new Row(what, text(value) + " " + unit, "", Verdict.NO_BAR));
    }

    /** A figure that must not be above its bar. */
    public void add(String what, double value, String unit, double atMost) {
        Verdict verdict = value <= atMost ? Verdict.HELD : Verdict.MISSED; // what is no number is missed
        rows.add(new Row(what, text(value) + " " + unit, "≤ " + text(atMost), verdict));
    }

    private static String text(double value) {
        return value == Math.rint(value)
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 1000 ? "%.1f" : "%.0f", value);
    }

    /** The rows whose bar was missed, in words. */
    public List<String> missed() {
        return rows.stream()
                .filter(row -> row.verdict == Verdict.MISSED)
                .map(row -> row.what + ": " + row.figure + ", the bar is " + row.bar)
                .toList();
    }

    @Override
    public String toString() {
        int what = rows.stream().mapToInt(row -> row.what.length()).max().orElse(0);
        int figure = rows.stream().mapToInt(row -> row.figure.length()).max().orElse(0);
        int bar = rows.stream().mapToInt(row -> row.bar.length()).max().orElse(0);
        StringBuilder table = new StringBuilder();
        for (Row row : rows) {
            table.append(pad(row.what, what))
                    .append("  ")
                    .append(" ".repeat(figure - row.figure.length()))
                    .append(row.figure)
                    .append("  ")
                    .append(pad(row.bar, bar))
                    .append("  ")
                    .append(row.verdict.mark)
                    .append('\n');
        }
        return table.toString();
    }

    private static String pad(String text, int width) {
        return text + " ".repeat(width - text.length());
    }

    /** Prints the table and what was missed; the exit status of the run. */
    public int conclude(String title) {
        System.out.println();
        System.out.println(title);
        System.out.println();
        System.out.print(this);
        missed().forEach(row -> System.out.println("MISSED " + row));
        System.out.flush();
        return missed().isEmpty() ? 0 : 1;
    }
}
