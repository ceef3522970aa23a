// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What a ratio has to reach, and what we are after.
 *
 * @param ours whose figure is above the line
 * @param rivals whose figures are below it; of several the best counts
 * @param atLeast whether more is better
 */
record Bar(Ground.Way way, String ours, List<String> rivals, Measure measure, boolean atLeast, double bar, double aim) {

    static final String MB = "vpnmesh, ipsec-mb";
    static final String MB_THOUSAND = "vpnmesh, ipsec-mb, 1000 peers known";
    static final String JDK = "vpnmesh, jdk";
    static final String C = "C forwarder, ipsec-mb";
    static final String VETH = "no tunnel";
    static final String WIREGUARD = "wireguard-go, newest";
    static final String WIREGUARD_JOINED = "wireguard-go, newest, GRO on";
    static final String WIREGUARD_DEBIAN = "wireguard-go, Debian";
    static final String NEBULA = "nebula, newest";
    static final String NEBULA_OLD = "nebula 1.9";
    static final String OPENVPN = "OpenVPN";
    static final String STRONGSWAN = "strongSwan, kernel-libipsec";

    static final String RELAY = "vpnmesh relay";
    static final String RELAY_C = "C relay";
    static final String RELAY_WIREGUARD = "wireguard-go as a hub, newest";
    static final String RELAY_NEBULA = "nebula's relay, newest";
    static final String RELAY_COTURN = "coturn";

    private static final double NONE = Double.NaN;

    static final List<Bar> ALL = List.of(
            atLeast(Ground.Way.WHOLE, MB, WIREGUARD, Measure.FLOW, 3.0, 3.5),
            atLeast(Ground.Way.WHOLE, MB, WIREGUARD, Measure.FLOWS, 4.0, 5.0),
            atLeast(Ground.Way.CUT, MB, WIREGUARD, Measure.FLOW, 4.0, 6.0),
            atLeast(Ground.Way.CUT, MB, WIREGUARD, Measure.FLOWS, 4.0, 6.0),
            atLeast(Ground.Way.CUT, MB, WIREGUARD_JOINED, Measure.FLOW, 2.0, 2.5),
            atLeast(Ground.Way.CUT, MB, WIREGUARD_JOINED, Measure.FLOWS, 2.0, 2.5),
            atLeast(Ground.Way.WHOLE, JDK, WIREGUARD, Measure.FLOW, 1.6, 2.0),
            atLeast(Ground.Way.WHOLE, JDK, WIREGUARD, Measure.FLOWS, 2.0, 2.5),
            atLeast(Ground.Way.WHOLE, MB, C, Measure.FLOW, 0.9, 1.0),
            atLeast(Ground.Way.WHOLE, MB, C, Measure.FLOWS, 0.9, 1.0),
            atMost(Ground.Way.WHOLE, MB, WIREGUARD, Measure.BYTES_COST, 0.25, 0.2),
            atMost(Ground.Way.WHOLE, JDK, WIREGUARD, Measure.BYTES_COST, 0.5, NONE),
            new Bar(Ground.Way.WHOLE, MB, List.of(NEBULA, NEBULA_OLD), Measure.PACKETS, true, 1.3, NONE),
            new Bar(Ground.Way.WHOLE, MB, List.of(NEBULA, NEBULA_OLD), Measure.PACKETS_MANY, true, 1.3, NONE),
            atLeast(Ground.Way.WHOLE, MB, C, Measure.PACKETS, NONE, 0.8),
            atLeast(Ground.Way.WHOLE, MB_THOUSAND, MB, Measure.FLOW, 0.9, 1.0),
            atLeast(Ground.Way.WHOLE, MB_THOUSAND, MB, Measure.FLOWS, 0.9, 1.0),
            atLeast(Ground.Way.WHOLE, MB, WIREGUARD, Measure.QUERIES, NONE, 1.0),
            atMost(Ground.Way.WHOLE, MB, WIREGUARD, Measure.IDLE_P50, 0.75, NONE),
            atMost(Ground.Way.WHOLE, MB, C, Measure.IDLE_P50, NONE, 1.2),
            atMost(Ground.Way.WHOLE, MB, WIREGUARD, Measure.SATURATED_P99, 1.0, NONE),
            atMost(Ground.Way.WHOLE, MB, C, Measure.SATURATED_P99, NONE, 1.2),
            atLeast(Ground.Way.RELAYED, RELAY, RELAY_C, Measure.FLOW, 0.8, 1.0),
            atLeast(Ground.Way.RELAYED, RELAY, RELAY_C, Measure.FLOWS, 0.8, 1.0),
            atMost(Ground.Way.RELAYED, RELAY, RELAY_C, Measure.BYTES_COST, 2.0, NONE),
            atLeast(Ground.Way.RELAYED, RELAY, RELAY_COTURN, Measure.PACKETS, 1.0, NONE),
            atLeast(Ground.Way.RELAYED, RELAY, RELAY_C, Measure.PACKETS, 0.8, 1.0));

    /** What came of it. {@code held} and {@code reached} are true where there is no bar, or no aim. */
    record Outcome(Bar bar, String rival, Figures.Ratio ratio, boolean held, boolean reached) {}

    private static Bar atLeast(Ground.Way way, String ours, String rival, Measure measure, double bar, double aim) {
        return new Bar(way, ours, List.of(rival), measure, true, bar, aim);
    }

    private static Bar atMost(Ground.Way way, String ours, String rival, Measure measure, double bar, double aim) {
        return new Bar(way, ours, List.of(rival), measure, false, bar, aim);
    }

    /** Those of all bars for which this run has both sides. */
    static List<Outcome> of(Map<Ground.Way, Figures> figures) {
        List<Outcome> outcomes = new ArrayList<>();
        for (Bar bar : ALL) {
            Figures ofWay = figures.get(bar.way);
            if (ofWay != null && bar.isMeasuredIn(ofWay)) {
                outcomes.add(bar.outcome(ofWay));
            }
        }
        return outcomes;
    }

    private boolean isMeasuredIn(Figures figures) {
        return !figures.values(ours, measure).isEmpty()
                && rivals.stream()
                        .noneMatch(rival -> figures.values(rival, measure).isEmpty());
    }

    private Outcome outcome(Figures figures) {
        String best = rivals.getFirst();
        for (String rival : rivals) {
            double difference = figures.median(rival, measure) - figures.median(best, measure);
            if (atLeast ? difference > 0 : difference < 0) {
                best = rival;
            }
        }
        Figures.Ratio ratio = figures.ratio(ours, best, measure);
        return new Outcome(this, best, ratio, reaches(ratio.median(), bar), reaches(ratio.median(), aim));
    }

    /** What is no number reaches nothing. */
    private boolean reaches(double value, double wanted) {
        return Double.isNaN(wanted) || (atLeast ? value >= wanted : value <= wanted);
    }
}
