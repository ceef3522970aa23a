// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.EnumMap;
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

    private static final Plan FULL = named("full")
            .on(
                    Ground.Way.WHOLE,
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
                    Bar.STRONGSWAN)
            .on(Ground.Way.CUT, Bar.VETH, Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD, Bar.WIREGUARD_JOINED)
            .rounds(3)
            .seconds(3)
            .directions(2)
            .slowRounds(2)
            .echoSeconds(3)
            .asking(2)
            .relayRounds(2)
            .starts(3)
            .stars(Bar.MB, Bar.NEBULA, Bar.NEBULA_OLD)
            .make();

    /** At most five minutes. */
    private static final Plan QUICK = named("quick")
            .on(Ground.Way.WHOLE, Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD)
            .on(Ground.Way.CUT, Bar.MB, Bar.WIREGUARD, Bar.WIREGUARD_JOINED)
            .rounds(3)
            .seconds(2)
            .slowRounds(1)
            .echoSeconds(2)
            .make();

    /** The smallest honest comparison. */
    private static final Plan CHECK = named("check")
            .on(Ground.Way.WHOLE, Bar.C, Bar.MB, Bar.WIREGUARD)
            .rounds(5)
            .seconds(3)
            .make();

    /** What a host with many peers costs. */
    private static final Plan PEERS = named("peers")
            .on(Ground.Way.WHOLE, Bar.MB, Bar.MB_THOUSAND)
            .rounds(4)
            .seconds(2)
            .slowRounds(1)
            .echoSeconds(1)
            .stars(Bar.MB, Bar.NEBULA, Bar.NEBULA_OLD)
            .make();

    /** From the start of one end to its first packet. */
    private static final Plan START = named("start")
            .on(Ground.Way.WHOLE, Bar.C, Bar.MB, Bar.JDK, Bar.WIREGUARD, Bar.NEBULA, Bar.OPENVPN)
            .starts(7)
            .make();

    /** What an application feels. */
    private static final Plan APPLICATION = named("application")
            .on(Ground.Way.WHOLE, Bar.VETH, Bar.C, Bar.MB, Bar.WIREGUARD)
            .rounds(1)
            .seconds(4)
            .directions(2)
            .asking(2)
            .make();

    /** Who forwards between two others. */
    private static final Plan RELAYS = named("relays").seconds(2).relayRounds(2).make();

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

    private static Builder named(String name) {
        return new Builder(name);
    }

    /** What is not said is not measured; streams go one way in a round. */
    private static final class Builder {

        private final String name;
        private final Map<Ground.Way, List<String>> byGround = new EnumMap<>(Ground.Way.class);
        private int rounds;
        private int seconds;
        private int directions = 1;
        private int slowRounds;
        private int echoSeconds;
        private int asking;
        private int relayRounds;
        private int starts;
        private List<String> stars = List.of();

        private Builder(String name) {
            this.name = name;
        }

        private Builder on(Ground.Way way, String... contenders) {
            byGround.put(way, List.of(contenders));
            return this;
        }

        private Builder rounds(int count) {
            rounds = count;
            return this;
        }

        private Builder seconds(int each) {
            seconds = each;
            return this;
        }

        private Builder directions(int count) {
            directions = count;
            return this;
        }

        private Builder slowRounds(int count) {
            slowRounds = count;
            return this;
        }

        private Builder echoSeconds(int each) {
            echoSeconds = each;
            return this;
        }

        private Builder asking(int count) {
            asking = count;
            return this;
        }

        private Builder relayRounds(int count) {
            relayRounds = count;
            return this;
        }

        private Builder starts(int count) {
            starts = count;
            return this;
        }

        private Builder stars(String... contenders) {
            stars = List.of(contenders);
            return this;
        }

        private Plan make() {
            return new Plan(
                    name,
                    Map.copyOf(byGround),
                    rounds,
                    seconds,
                    directions,
                    slowRounds,
                    echoSeconds,
                    asking,
                    relayRounds,
                    starts,
                    stars);
        }
    }
}
