// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.health;

import java.util.Locale;

/** Writes the Prometheus text format, version 0.0.4: call {@link #family} once per metric, then one or more samples. */
public final class MetricsText {

    /** The Content-Type of the result. */
    public static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final StringBuilder text = new StringBuilder(2048);
    private String family = "";

    /**
     * Begins a metric.
     *
     * @param type counter or gauge
     */
    public MetricsText family(String name, String type, String help) {
        family = name;
        text.append("# HELP ").append(name).append(' ').append(help).append('\n');
        text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
        return this;
    }

    /** Shape: {@code labels} = name, value, name, value… */
    public MetricsText sample(double value, String... labels) {
        text.append(family);
        for (int i = 0; i < labels.length; i += 2) {
            text.append(i == 0 ? '{' : ',').append(labels[i]).append("=\"");
            text.append(
                    labels[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
            text.append('"');
        }
        text.append(labels.length > 0 ? "} " : " ");
        text.append(
                value == Math.rint(value) && Math.abs(value) < 1e15
                        ? Long.toString((long) value)
                        : String.format(Locale.ROOT, "%.6g", value));
        text.append('\n');
        return this;
    }

    public MetricsText counter(String name, String help, double value) {
        return family(name, "counter", help).sample(value);
    }

    public MetricsText gauge(String name, String help, double value) {
        return family(name, "gauge", help).sample(value);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
