// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.List;
import java.util.Map;

/**
 * What one run measures.
 *
 * @param byGround names of contenders, in the order in which they take turns
 * @param rounds of streams
 * @param seconds of one stream
 * @param directions 1: to the right and back in turns; 2: both in every round
 * @param slowRounds of lone packets and of echoes; 0 leaves them out
 */
record Plan(
        String name,
        Map<Ground.Way, List<String>> byGround,
        int rounds,
        int seconds,
        int directions,
        int slowRounds,
        int echoSeconds) {

    private static final Plan FULL = new Plan(
            "full",
            Map.of(
                    Ground.Way.WHOLE,
                    List.of(
                            Bar.VETH,
                            Bar.C,
                            Bar.MB,
                            Bar.JDK,
                            Bar.WIREGUARD,
                            Bar.WIREGUARD_DEBIAN,
                            Bar.NEBULA,
                            Bar.NEBULA_OLD,
                            Bar.OPENVPN,
                            Bar.STRONGSWAN),
                    Ground.Way.CUT,
                    List.of(Bar.VETH, Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD, Bar.WIREGUARD_JOINED)),
            4,
            3,
            2,
            2,
            3);

    /** At most five minutes. */
    private static final Plan QUICK = new Plan(
            "quick",
            Map.of(
                    Ground.Way.WHOLE, List.of(Bar.VETH, Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD),
                    Ground.Way.CUT, List.of(Bar.C, Bar.MB, Bar.WIREGUARD, Bar.WIREGUARD_JOINED)),
            3,
            2,
            1,
            1,
            2);

    /** The smallest honest comparison. */
    private static final Plan CHECK =
            new Plan("check", Map.of(Ground.Way.WHOLE, List.of(Bar.C, Bar.MB, Bar.WIREGUARD)), 5, 3, 1, 0, 0);

    private static final List<Plan> ALL = List.of(FULL, QUICK, CHECK);

    /** In the order in which they take turns; empty where nothing is measured. */
    List<String> contenders(Ground.Way way) {
        return byGround.getOrDefault(way, List.of());
    }

    /** Whether its figures go into the documentation. */
    boolean isPublished() {
        return equals(FULL);
    }

    /** Errors: IllegalArgumentException that names the plans. */
    static Plan of(String name) {
        return ALL.stream()
                .filter(plan -> plan.name.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        name + ": one of " + ALL.stream().map(Plan::name).toList()));
    }
}
