// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one run measures.
 *
 * @param byGround names of contenders, in the order in which they take turns
 * @param rounds of streams
 * @param seconds of one stream
 * @param directions 1: to the right and back in turns; 2: both in every round
 * @param slowRounds of lone packets and of echoes; 0 leaves them out
 * @param asking rounds of questions to a data base
 * @param relayRounds of streams, and of lone packets, through relays
 * @param starts how often each of those who can is started to its first packet
 * @param stars who also sends lone packets to many peers in turns
 */
record Plan(
        String name,
        Map<Ground.Way, List<String>> byGround,
        int rounds,
        int seconds,
        int directions,
        int slowRounds,
        int echoSeconds,
        int asking,
        int relayRounds,
        int starts,
        List<String> stars) {

    private static final Plan FULL = new Plan(
            "full",
            Map.of(
                    Ground.Way.WHOLE,
                    List.of(
                            Bar.VETH,
                            Bar.C,
                            Bar.MB,
                            Bar.MB_THOUSAND,
                            Bar.JDK,
                            Bar.WIREGUARD,
                            Bar.WIREGUARD_DEBIAN,
                            Bar.NEBULA,
                            Bar.NEBULA_OLD,
                            Bar.OPENVPN,
                            Bar.STRONGSWAN),
                    Ground.Way.CUT,
                    List.of(Bar.VETH, Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD, Bar.WIREGUARD_JOINED)),
            3,
            3,
            2,
            2,
            3,
            2,
            2,
            3,
            List.of(Bar.MB, Bar.NEBULA, Bar.NEBULA_OLD));

    /** At most five minutes. */
    private static final Plan QUICK = new Plan(
            "quick",
            Map.of(
                    Ground.Way.WHOLE, List.of(Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD),
                    Ground.Way.CUT, List.of(Bar.MB, Bar.WIREGUARD, Bar.WIREGUARD_JOINED)),
            3,
            2,
            1,
            1,
            2,
            0,
            0,
            0,
            List.of());

    /** The smallest honest comparison. */
    private static final Plan CHECK = new Plan(
            "check",
            Map.of(Ground.Way.WHOLE, List.of(Bar.C, Bar.MB, Bar.WIREGUARD)),
            5,
            3,
            1,
            0,
            0,
            0,
            0,
            0,
            List.of());

    /** What a host with many peers costs. */
    private static final Plan PEERS = new Plan(
            "peers",
            Map.of(Ground.Way.WHOLE, List.of(Bar.MB, Bar.MB_THOUSAND)),
            4,
            2,
            1,
            1,
            1,
            0,
            0,
            0,
            List.of(Bar.MB, Bar.NEBULA, Bar.NEBULA_OLD));

    /** From the start of one end to its first packet. */
    private static final Plan START = new Plan(
            "start",
            Map.of(Ground.Way.WHOLE, List.of(Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD, Bar.NEBULA, Bar.OPENVPN)),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            7,
            List.of());

    /** What an application feels. */
    private static final Plan APPLICATION = new Plan(
            "application",
            Map.of(Ground.Way.WHOLE, List.of(Bar.VETH, Bar.C, Bar.MB, Bar.WIREGUARD)),
            1,
            4,
            2,
            0,
            0,
            2,
            0,
            0,
            List.of());

    /** Who forwards between two others. */
    private static final Plan RELAYS = new Plan("relays", Map.of(), 0, 2, 0, 0, 0, 0, 2, 0, List.of());

    /** A data base answers through these. */
    private static final Set<String> ASKED = Set.of(Bar.VETH, Bar.C, Bar.MB, Bar.WIREGUARD);

    /** Those whose one end, started again, finds the other by itself. */
    private static final Set<String> STARTED = Set.of(
            Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD, Bar.WIREGUARD_DEBIAN, Bar.NEBULA, Bar.NEBULA_OLD, Bar.OPENVPN);

    private static final List<Plan> ALL = List.of(FULL, QUICK, CHECK, PEERS, START, APPLICATION, RELAYS);

    /** In the order in which they take turns; empty where nothing is measured. */
    List<String> contenders(Ground.Way way) {
        return byGround.getOrDefault(way, List.of());
    }

    /** Whether of a contender more than streams is measured: the same product once more need not be. */
    boolean isSlowMeasuredOf(String contender) {
        return !contender.equals(Bar.MB_THOUSAND);
    }

    boolean isAsked(String contender) {
        return ASKED.contains(contender);
    }

    boolean isStarted(String contender) {
        return STARTED.contains(contender);
    }

    /** Whether echoes are measured on both grounds: the bars want them on one. */
    boolean isEchoedOn(Ground.Way way) {
        return way == Ground.Way.WHOLE || isPublished();
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
