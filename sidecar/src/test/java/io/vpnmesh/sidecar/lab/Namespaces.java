// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import java.util.ArrayList;
import java.util.List;

/** Network namespaces of one test, under a prefix of their own, removed at the end. */
final class Namespaces implements AutoCloseable {

    private static final String PREFIX = "vmsc-" + ProcessHandle.current().pid() + "-";

    private final List<String> made = new ArrayList<>();

    static String name(String host) {
        return PREFIX + host;
    }

    void add(String host) {
        Shell.must("ip", "netns", "add", name(host));
        made.add(name(host));
        in(host, "ip", "link", "set", "lo", "up");
        // A container has no IPv6 on its links unless its network gives it some; less noise in captures.
        in(host, "sysctl", "-qw", "net.ipv4.ip_forward=1");
    }

    /** A cable between two hosts; each end gets an address. */
    void cable(String left, String leftDevice, String leftCidr, String right, String rightDevice, String rightCidr) {
        Shell.must(
                "ip",
                "link",
                "add",
                leftDevice,
                "netns",
                name(left),
                "type",
                "veth",
                "peer",
                "name",
                rightDevice,
                "netns",
                name(right));
        in(left, "ip", "addr", "add", leftCidr, "dev", leftDevice);
        in(right, "ip", "addr", "add", rightCidr, "dev", rightDevice);
        in(left, "ip", "link", "set", leftDevice, "up");
        in(right, "ip", "link", "set", rightDevice, "up");
    }

    void defaultRoute(String host, String gateway) {
        in(host, "ip", "route", "add", "default", "via", gateway);
    }

    String in(String host, String... command) {
        return Shell.must(command(host, command).toArray(String[]::new));
    }

    Shell.Result tryIn(String host, String... command) {
        return Shell.run(command(host, command), "");
    }

    void nft(String host, String rules) {
        Shell.Result result = Shell.run(command(host, "nft", "-f", "-"), rules);
        if (result.status() != 0) {
            throw new IllegalStateException("nft: " + result.output());
        }
    }

    static List<String> command(String host, String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name(host)));
        all.addAll(List.of(command));
        return all;
    }

    @Override
    public void close() {
        made.forEach(name -> Shell.run("ip", "netns", "del", name));
    }
}
