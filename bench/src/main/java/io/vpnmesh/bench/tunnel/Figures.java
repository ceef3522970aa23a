// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** All that one run measured on one ground, by tunnel and round. */
final class Figures {

    /** @param median of the ratios of single rounds, which met the same disturbances */
    record Ratio(double median, double min, double max) {}

    private final Map<String, Map<Measure, List<Double>>> byTunnel = new LinkedHashMap<>();

    void add(String tunnel, Measure measure, double value) {
        byTunnel.computeIfAbsent(tunnel, _ -> new EnumMap<>(Measure.class))
                .computeIfAbsent(measure, _ -> new ArrayList<>())
                .add(value);
    }

    /** In the order in which they were measured first. */
    List<String> tunnels() {
        return List.copyOf(byTunnel.keySet());
    }

    List<Double> values(String tunnel, Measure measure) {
        return List.copyOf(byTunnel.getOrDefault(tunnel, Map.of()).getOrDefault(measure, List.of()));
    }

    /** NaN for what was not measured. */
    double median(String tunnel, Measure measure) {
        return median(values(tunnel, measure).stream()
                .mapToDouble(Double::doubleValue)
                .toArray());
    }

    private static double median(double[] values) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The same round of both, one by the other; NaN for what was not measured. */
    Ratio ratio(String tunnel, String rival, Measure measure) {
        List<Double> ours = values(tunnel, measure);
        List<Double> theirs = values(rival, measure);
        double[] ratios = new double[Math.min(ours.size(), theirs.size())];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = ours.get(i) / theirs.get(i);
        }
        return new Ratio(
                median(ratios),
                Arrays.stream(ratios).min().orElse(Double.NaN),
                Arrays.stream(ratios).max().orElse(Double.NaN));
    }
}
