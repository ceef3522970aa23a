// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One {@link WireScript}, told to two engines step by step. */
final class WireScriptRun {

    private interface Step {
        void run(MatchResult words);
    }

    private static final Duration STEP = Duration.ofMillis(100);

    private final TestMesh mesh;
    private final WireScript script;
    private final boolean startedByB;
    private final TestWire wire = new TestWire();
    private final Map<String, ScriptedHost> hosts = new LinkedHashMap<>();
    /** Sent and not yet told of, in order. */
    private final List<TestWire.Message> air = new ArrayList<>();

    private final Map<String, TestWire.Message> named = new HashMap<>();
    private final SaNames names = new SaNames();
    private final Map<Pattern, Step> grammar = new LinkedHashMap<>();
    private int toldOf;
    private long epoch = 1_000;

    /** @param startedByB whether "A and B have a session" is of B's making */
    WireScriptRun(TestMesh mesh, WireScript script, boolean startedByB, Transitions transitions) {
        this.mesh = mesh;
        this.script = script;
        this.startedByB = startedByB;
        wire.transitions = transitions;
        wire.fate = message -> {
            air.add(message);
            return List.of();
        };
        hosts.put("A", new ScriptedHost(wire, mesh, 1, epoch, script.settings()));
        hosts.put("B", new ScriptedHost(wire, mesh, 2, epoch, script.settings()));
        grammar();
    }

    private void grammar() {
        String host = "([AB])";
        step("A and B have a session", _ -> meet());
        step(
                host + " connects to [AB]( by signalling)?",
                w -> host(w.group(1)).connect(other(w.group(1)), w.group(2) != null));
        step(host + " rekeys the (Child|IKE) SA(, with the lowest nonce)?", this::rekey);
        step(host + " closes the session", w -> handle(w, s -> new IkeInput.Close(s, "asked to")));
        step(host + " checks for life", w -> handle(w, IkeInput.CheckLiveness::new));
        step(host + " moves to another address", this::move);
        step(
                host + " sends its client elsewhere",
                w -> handle(w, s -> new IkeInput.Redirect(s, new Gateway.Name("b2"))));
        step(host + " starts again", w -> restart(w.group(1)));
        step(host + " --> ([AB])  (.+)", w -> deliver(sent(w.group(1), w.group(3))));
        step(host + " --> \\((\\w+)\\)  (.+)", w -> named.put(w.group(2), sent(w.group(1), w.group(3))));
        step("\\((\\w+)\\) --> [AB] again", w -> deliver(Objects.requireNonNull(named.get(w.group(1)), w.group(1))));
        step("\\((\\w+)\\) --> [AB]", w -> deliver(Objects.requireNonNull(named.remove(w.group(1)), w.group(1))));
        step("\\((\\w+)\\) --> lost", w -> Objects.requireNonNull(named.remove(w.group(1)), w.group(1)));
        step("(\\d+) s pass", w -> wire.run(Duration.ofSeconds(Long.parseLong(w.group(1)))));
        step("(\\d+) s pass in peace", w -> inPeace(Duration.ofSeconds(Long.parseLong(w.group(1)))));
        step("everything arrives", _ -> everythingArrives());
        step(host + " has (IKE SA .+)", w -> assertThat(state(w.group(1))).isEqualTo(w.group(2)));
        step(host + " reports (\\w+)(?:: (.*))?", this::reports);
        step(host + " has said (.+)", this::hasSaid);
        step("packets pass", _ -> packetsPass());
    }

    private void step(String pattern, Step step) {
        grammar.put(Pattern.compile(pattern), step);
    }

    void run() {
        for (String line : script.steps()) {
            try {
                tell(line.strip().replaceAll(" {2,}", "  "));
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError("at '" + line.strip() + "': " + e.getMessage() + inTheAir(), e);
            }
        }
        assertThat(air.isEmpty() && named.isEmpty())
                .as("behind the last step nothing is in the air, but there is" + inTheAir())
                .isTrue();
    }

    private void tell(String line) {
        for (Map.Entry<Pattern, Step> rule : grammar.entrySet()) {
            Matcher matcher = rule.getKey().matcher(line);
            if (matcher.matches()) {
                rule.getValue().run(matcher.toMatchResult());
                wire.settle();
                look();
                return;
            }
        }
        throw new IllegalArgumentException("not a step; there are " + grammar.keySet());
    }

    private String inTheAir() {
        return Stream.concat(
                        air.stream().map(m -> "\n    " + sender(m) + " -->  " + text(m)),
                        named.entrySet().stream().map(e -> "\n    (" + e.getKey() + ")  " + text(e.getValue())))
                .collect(Collectors.joining());
    }

    // --- what is told --------------------------------------------------------------------------------------------

    private ScriptedHost host(String name) {
        return Objects.requireNonNull(hosts.get(name), name);
    }

    private ScriptedHost other(String name) {
        return host(name.equals("A") ? "B" : "A");
    }

    private void meet() {
        String starter = startedByB ? "B" : "A";
        names.prologue(true);
        host(starter).connect(other(starter), false);
        everythingArrives();
        names.prologue(false);
        toldOf = wire.log.size();
    }

    private interface OfSession {
        IkeInput input(long session);
    }

    private void handle(MatchResult words, OfSession command) {
        ScriptedHost host = host(words.group(1));
        host.node.handle(command.input(host.session()));
    }

    private void rekey(MatchResult words) {
        ScriptedHost host = host(words.group(1));
        if (words.group(3) != null) {
            host.nextNonceIsLowest();
        }
        long session = host.session();
        host.node.handle(
                words.group(2).equals("IKE")
                        ? new IkeInput.RekeyIke(session)
                        : new IkeInput.RekeyChild(
                                session, host.node.sendingOn(session).inboundSpi()));
    }

    private void move(MatchResult words) {
        ScriptedHost peer = other(words.group(1));
        PeerRef way = new PeerRef.Direct(peer.node.endpoint());
        handle(words, session -> new IkeInput.MovePeer(session, way, Endpoint.parse("192.0.2.99:4500")));
    }

    private void restart(String name) {
        epoch += 1_000;
        hosts.put(name, new ScriptedHost(wire, mesh, name.equals("A") ? 1 : 2, epoch, script.settings()));
    }

    private String sender(TestWire.Message message) {
        return message.to().equals(host("A").node.endpoint()) ? "B" : "A";
    }

    private MessageText text(TestWire.Message message) {
        return MessageText.of(
                message.bytes(), hosts.values().stream().map(h -> h.tap).toList());
    }

    /** Takes the next message of a host out of the air, which must be this one. */
    private TestWire.Message sent(String by, String expected) {
        MessageText told = MessageText.parse(expected);
        for (TestWire.Message message : air) {
            if (sender(message).equals(by)) {
                MessageText text = text(message);
                assertThat(text.is(told)).as("%s says  %s", by, text).isTrue();
                air.remove(message);
                return message;
            }
        }
        throw new AssertionError(by + " says nothing");
    }

    private void deliver(TestWire.Message message) {
        wire.deliver(message);
        wire.settle();
        look();
    }

    private void everythingArrives() {
        for (int i = 0; !air.isEmpty(); i++) {
            assertThat(i).as("messages without end").isLessThan(1_000);
            deliver(air.removeFirst());
        }
    }

    private void inPeace(Duration time) {
        for (Duration left = time; left.isPositive(); left = left.minus(STEP)) {
            everythingArrives();
            wire.run(STEP);
        }
        everythingArrives();
    }

    // --- what has come of it -------------------------------------------------------------------------------------

    private void look() {
        hosts.forEach((name, host) -> {
            host.ikeSas().forEach(sa -> names.see(sa, name));
            host.children().forEach(child -> names.see(child, name));
        });
    }

    private String state(String name) {
        ScriptedHost host = host(name);
        ChildSa sending = host.sending();
        return "IKE SA " + list(host.ikeSas().stream().map(names::of))
                + ", Child SA " + list(host.children().stream().map(names::of))
                + ", sends on " + (sending == null ? "none" : names.of(sending));
    }

    private static String list(Stream<String> labels) {
        String joined = labels.sorted().collect(Collectors.joining("+"));
        return joined.isEmpty() ? "none" : joined;
    }

    private void reports(MatchResult words) {
        IkeEvent last = host(words.group(1)).node.events.stream()
                .filter(e -> e.getClass().getSimpleName().equals(words.group(2)))
                .reduce((_, later) -> later)
                .orElseThrow(() -> new AssertionError(words.group(1) + " reports nothing like that"));
        String reason = switch (last) {
            case IkeEvent.Closed closed -> closed.reason();
            case IkeEvent.Failed failed -> failed.reason();
            default -> "";
        };
        assertThat(reason).startsWith(words.group(3) == null ? "" : words.group(3));
    }

    private void hasSaid(MatchResult words) {
        List<TestWire.Message> since = wire.log.subList(toldOf, wire.log.size());
        assertThat(since.stream()
                        .filter(m -> sender(m).equals(words.group(1)))
                        .flatMap(m -> text(m).payloads().stream()))
                .contains(words.group(2));
        toldOf = wire.log.size();
    }

    private void packetsPass() {
        hosts.forEach((name, host) -> {
            ChildSa child = Objects.requireNonNull(host.sending(), name + " sends on nothing");
            assertThat(host.node.sendPacketTo(other(name).node, child))
                    .as("a packet from %s", name)
                    .isPositive();
        });
    }
}
