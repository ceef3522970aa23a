// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Throughput of every tunnel as horizontal bars: SVG without scripts or fonts of its own, legible on light and dark. */
final class Chart {

    private static final int WIDTH = 760;
    private static final int LABEL = 220;
    private static final int ROW = 34;
    private static final int THICK = 11;
    private static final int HEAD = 46;
    private static final int FIGURE = 70;

    private static final String OURS = "#1f7a4d";
    private static final String OURS_LIGHT = "#7fc8a2";
    private static final String THEIRS = "#5b6673";
    private static final String THEIRS_LIGHT = "#b3bcc6";

    private Chart() {}

    /** One panel for each ground, the fastest tunnel on top; the bare network is left out, it would dwarf the rest. */
    static String of(Map<Ground.Way, Figures> figures) {
        StringBuilder panels = new StringBuilder();
        int top = 0;
        for (Map.Entry<Ground.Way, Figures> panel : figures.entrySet()) {
            if (panel.getKey() == Ground.Way.RELAYED) {
                continue; // other ends, another thing that is compared
            }
            List<String> tunnels = order(panel.getValue());
            panels.append(panel(panel.getKey().title, panel.getValue(), tunnels, top));
            top += HEAD + tunnels.size() * ROW;
        }
        return """
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %1$d %2$d" font-family="sans-serif" font-size="13" role="img">
                <title>TCP through user-space tunnels, Gb/s</title>
                <rect width="%1$d" height="%2$d" fill="#ffffff"/>
                %3$s</svg>
                """.formatted(WIDTH, top + 10, panels);
    }

    private static List<String> order(Figures figures) {
        return figures.tunnels().stream()
                .filter(tunnel -> !tunnel.equals(Bar.VETH) && !tunnel.equals(Bar.MB_THOUSAND))
                .sorted(Comparator.comparingDouble(tunnel -> -figures.median(tunnel, Measure.FLOW)))
                .toList();
    }

    private static String panel(String title, Figures figures, List<String> tunnels, int top) {
        double most = tunnels.stream()
                .mapToDouble(
                        tunnel -> Math.max(figures.median(tunnel, Measure.FLOW), figures.median(tunnel, Measure.FLOWS)))
                .max()
                .orElse(1);
        double scale = (WIDTH - LABEL - FIGURE) / most;
        StringBuilder panel = new StringBuilder(
                "<text x=\"10\" y=\"%d\" font-weight=\"bold\" fill=\"#222222\">TCP, %s: 1 flow (dark) and 4 flows (light), Gb/s</text>%n"
                        .formatted(top + HEAD - 18, title));
        int y = top + HEAD;
        for (String tunnel : tunnels) {
            boolean ours = tunnel.startsWith("vpnmesh");
            panel.append("<text x=\"%d\" y=\"%d\" text-anchor=\"end\" fill=\"#222222\"%s>%s</text>%n"
                    .formatted(LABEL - 8, y + 16, ours ? " font-weight=\"bold\"" : "", tunnel));
            panel.append(bar(y, figures.median(tunnel, Measure.FLOW), scale, ours ? OURS : THEIRS));
            panel.append(
                    bar(y + THICK + 1, figures.median(tunnel, Measure.FLOWS), scale, ours ? OURS_LIGHT : THEIRS_LIGHT));
            y += ROW;
        }
        return panel.toString();
    }

    private static String bar(int y, double value, double scale, String colour) {
        return String.format(
                Locale.ROOT,
                "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>"
                        + "<text x=\"%.1f\" y=\"%d\" font-size=\"11\" fill=\"#222222\">%.2f</text>%n",
                LABEL,
                y,
                value * scale,
                THICK,
                colour,
                LABEL + value * scale + 5,
                y + THICK - 1,
                value);
    }
}
