// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A table that reads well both as plain text and rendered: the first column to the left, figures to the right. */
final class MarkdownTable {

    private MarkdownTable() {}

    /** @param rows of equal length, the head first */
    static String of(List<List<String>> rows) {
        int[] widths = IntStream.range(0, rows.getFirst().size())
                .map(column -> rows.stream()
                        .mapToInt(row -> row.get(column).length())
                        .max()
                        .orElse(0))
                .map(width -> Math.max(width, 3))
                .toArray();
        StringBuilder table = new StringBuilder(line(rows.getFirst(), widths));
        table.append('|');
        for (int column = 0; column < widths.length; column++) {
            table.append(column == 0 ? "-".repeat(widths[column] + 2) : "-".repeat(widths[column] + 1) + ":")
                    .append('|');
        }
        table.append('\n');
        rows.stream().skip(1).forEach(row -> table.append(line(row, widths)));
        return table.toString();
    }

    private static String line(List<String> row, int[] widths) {
        return IntStream.range(0, row.size())
                .mapToObj(column -> {
                    String blanks = " ".repeat(widths[column] - row.get(column).length());
                    return column == 0 ? row.get(column) + blanks : blanks + row.get(column);
                })
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }
}
