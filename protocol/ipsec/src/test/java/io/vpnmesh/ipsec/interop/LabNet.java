// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Namespaces joined by cables, with a NAT between them if asked for. Whatever the wiring, the ends know each other as
 * 192.0.2.1 (ours) and 192.0.2.2; on the overlay they are 10.77.0.1 and 10.77.0.2. Everything goes with {@link #close}.
 */
final class LabNet implements AutoCloseable {

    static final String OURS = "192.0.2.1";
    static final String THEIRS = "192.0.2.2";
    private static final String INSIDE = "10.1.0.2";
    private static final Pattern DROPPED = Pattern.compile("counter packets (\\d+)");
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Wiring wiring;
    private final String name = ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet();
    private final List<String> namespaces = new ArrayList<>();

    LabNet(Wiring wiring) throws IOException {
        this.wiring = wiring;
        try {
            add(ours());
            add(theirs());
            if (wiring == Wiring.CABLE) {
                cable(ours(), "veth0", OURS, theirs(), "veth0", THEIRS);
            } else {
                wireNat();
            }
            Commands.run("ip", "-n", theirs(), "addr", "add", "10.77.0.2/32", "dev", "lo");
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    private void wireNat() throws IOException {
        add(nat());
        boolean weAreInside = wiring == Wiring.WE_BEHIND_NAT;
        String inside = weAreInside ? ours() : theirs();
        cable(inside, "veth0", INSIDE, nat(), "inside", "10.1.0.1");
        if (weAreInside) {
            cable(nat(), "wan", OURS, theirs(), "veth0", THEIRS);
        } else {
            cable(ours(), "veth0", OURS, nat(), "wan", THEIRS);
        }
        Commands.run("ip", "-n", inside, "route", "add", "default", "via", "10.1.0.1");
        in(nat(), "sysctl", "-q", "-w", "net.ipv4.ip_forward=1");
        translate("masquerade");
    }

    private void translate(String how) throws IOException {
        in(nat(), "nft", """
                flush ruleset
                table ip lab {
                  chain post { type nat hook postrouting priority srcnat
                    oifname "wan" meta l4proto udp %s
                  }
                  chain input { type filter hook input priority filter
                    iifname "wan" drop
                  }
                }
                """.formatted(how));
    }

    /** The NAT forgets its mappings and gives out other ports from now on. */
    void rebind() throws IOException {
        translate("masquerade to :20000-30000 fully-random");
        in(nat(), "conntrack", "-F");
    }

    /**
     * The next datagram of more than so many bytes that reaches a namespace is lost, and no other: a quota lets through what
     * exceeds it, so it has room for one such datagram of less than twice the size, and not for two.
     */
    void loseOneLargerThan(String namespace, int bytes) throws IOException {
        in(namespace, "nft", """
                table ip loss {
                  chain pre { type filter hook prerouting priority raw
                    udp length > %d quota until %d bytes counter drop
                  }
                }
                """.formatted(bytes, 2 * bytes + 40));
    }

    /** How many datagrams {@link #loseOneLargerThan} has taken. */
    int lost(String namespace) throws IOException {
        Matcher dropped = DROPPED.matcher(in(namespace, "nft", "list", "table", "ip", "loss"));
        return dropped.find() ? Integer.parseInt(dropped.group(1)) : 0;
    }

    /** An end gets another address; of another prefix length, or it would go together with the first. */
    void renumber(String namespace, String from, String to) throws IOException {
        Commands.run("ip", "-n", namespace, "addr", "add", to + "/25", "dev", "veth0");
        Commands.run("ip", "-n", namespace, "addr", "del", from + "/24", "dev", "veth0");
    }

    /** Runs a program in a namespace, to its end. */
    String in(String namespace, String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(List.of(command));
        return Commands.run(all.toArray(String[]::new));
    }

    String ours() {
        return "vmi-a-" + name;
    }

    String theirs() {
        return "vmi-b-" + name;
    }

    private String nat() {
        return "vmi-n-" + name;
    }

    /** Where our socket is bound. */
    String ourAddress() {
        return wiring == Wiring.WE_BEHIND_NAT ? INSIDE : OURS;
    }

    String theirAddress() {
        return wiring == Wiring.THEY_BEHIND_NAT ? INSIDE : THEIRS;
    }

    private void add(String namespace) throws IOException {
        Commands.run("ip", "netns", "add", namespace);
        namespaces.add(namespace);
        Commands.run("ip", "-n", namespace, "link", "set", "lo", "up");
    }

    private static void cable(
            String left, String leftLink, String leftAddress, String right, String rightLink, String rightAddress)
            throws IOException {
        Commands.run(
                "ip", "link", "add", leftLink, "netns", left, "type", "veth", "peer", "name", rightLink, "netns",
                right);
        up(left, leftLink, leftAddress);
        up(right, rightLink, rightAddress);
    }

    private static void up(String namespace, String link, String address) throws IOException {
        Commands.run("ip", "-n", namespace, "addr", "add", address + "/24", "dev", link);
        Commands.run("ip", "-n", namespace, "link", "set", link, "up");
    }

    @Override
    public void close() throws IOException {
        for (String namespace : namespaces) {
            Commands.run("ip", "netns", "del", namespace);
        }
    }
}
