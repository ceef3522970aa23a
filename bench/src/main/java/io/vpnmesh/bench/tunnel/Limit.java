// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a figure of ours may be at most, whatever rivals need. */
record Limit(Ground.Way way, String ours, Measure measure, double most) {

    static final List<Limit> ALL = List.of(new Limit(Ground.Way.WHOLE, Bar.MB, Measure.FIRST_PACKET, 300));

    /** What came of it. */
    record Outcome(Limit limit, double median, double worst, boolean held) {}

    /** Those of all limits for which this run has figures. */
    static List<Outcome> of(Map<Ground.Way, Figures> figures) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Limit limit : ALL) {
            Figures ofWay = figures.get(limit.way);
            if (ofWay != null && !ofWay.values(limit.ours, limit.measure).isEmpty()) {
                outcomes.add(limit.outcome(ofWay));
            }
        }
        return outcomes;
    }

    private Outcome outcome(Figures figures) {
        double median = figures.median(ours, measure);
        double worst = figures.values(ours, measure).stream()
                .mapToDouble(Double::doubleValue)
                .max()
                .orElse(Double.NaN);
        return new Outcome(this, median, worst, median <= most);
    }
}
