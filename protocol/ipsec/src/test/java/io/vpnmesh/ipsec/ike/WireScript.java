// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Messages between A and B as a story. A file holds several, each under its title:
 *
 * <pre>
 * == Two members meet                              title; the steps follow, # starts a remark
 * with hybrid foreign                              settings of both; see {@link WireScriptRun}
 * A connects to B                                  what an owner asks of its engine
 * A --> B    IKE_SA_INIT request: SA KE Ni         sent, and arrives at once
 * A --> (x)  IKE_AUTH request: IDi AUTH            sent, and stays in the air under a name
 * (x) --> B                                        arrives
 * (x) --> lost                                     does not
 * (x) --> B again                                  arrives, and a copy stays in the air
 * 30 s pass                                        timers run; nothing arrives
 * 30 s pass in peace                               timers run, and whatever is sent arrives
 * everything arrives                               whatever is in the air or follows, in order
 * A and B have a session                           of A's making; as another story, of B's
 * A has IKE SA A1, Child SA 1+A1, sends on A1      named by {@link SaNames}; none for none
 * A reports Closed: the peer has restarted         the last event of this kind, and how its text begins
 * A has said N(TEMPORARY_FAILURE)                  in a message since the last step of this kind
 * in either order:                                 every order of the indented lines is a story of its own
 *     (x) --> B
 *     (y) --> A
 * </pre>
 *
 * <p>Behind the last step nothing may be in the air.
 */
record WireScript(String title, List<String> settings, List<String> steps) {

    private static final Pattern TITLE = Pattern.compile("== (.+)");
    private static final String EITHER = "in either order:";
    private static final String INDENT = "    ";

    /** All stories of a file; one with different orders is several. */
    static List<WireScript> parse(String file) {
        List<WireScript> scripts = new ArrayList<>();
        String title = "";
        List<String> lines = new ArrayList<>();
        for (String raw : file.lines().toList()) {
            String line = raw.replaceFirst("(^|\\s+)#.*", "").stripTrailing();
            Matcher start = TITLE.matcher(line);
            if (start.matches()) {
                expand(title, lines, scripts);
                title = start.group(1);
                lines.clear();
            } else if (!line.isBlank()) {
                lines.add(line);
            }
        }
        expand(title, lines, scripts);
        return scripts;
    }

    private static void expand(String title, List<String> lines, List<WireScript> scripts) {
        if (title.isEmpty()) {
            return;
        }
        List<String> settings = new ArrayList<>();
        List<String> steps = new ArrayList<>();
        for (String line : lines) {
            if (line.startsWith("with ")) {
                settings.addAll(List.of(line.substring(5).split(" ")));
            } else {
                steps.add(line);
            }
        }
        List<List<String>> orders = orders(steps);
        for (int i = 0; i < orders.size(); i++) {
            String name = orders.size() == 1 ? title : title + ", order " + (i + 1);
            scripts.add(new WireScript(name, List.copyOf(settings), orders.get(i)));
        }
    }

    /** Each choice of an order at each place that has one. */
    private static List<List<String>> orders(List<String> steps) {
        int at = steps.indexOf(EITHER);
        if (at < 0) {
            return List.of(steps);
        }
        int end = at + 1;
        while (end < steps.size() && steps.get(end).startsWith(INDENT)) {
            end++;
        }
        List<List<String>> all = new ArrayList<>();
        for (List<String> order : permutations(steps.subList(at + 1, end))) {
            List<String> one = new ArrayList<>(steps.subList(0, at));
            order.forEach(line -> one.add(line.strip()));
            one.addAll(steps.subList(end, steps.size()));
            all.addAll(orders(one));
        }
        return all;
    }

    private static List<List<String>> permutations(List<String> lines) {
        if (lines.size() <= 1) {
            return List.of(List.copyOf(lines));
        }
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            List<String> others = new ArrayList<>(lines);
            String first = others.remove(i);
            for (List<String> rest : permutations(others)) {
                List<String> one = new ArrayList<>(List.of(first));
                one.addAll(rest);
                all.add(one);
            }
        }
        return all;
    }
}
