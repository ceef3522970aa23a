// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.Run;
import java.nio.file.Path;
import java.util.List;

/// A named network namespace. Commands enter it through `nsenter --net`, because `ip netns exec` would remount /sys and
/// hide the
/// cgroups that a kubelet needs.
///
/// @param name as `ip netns` shows it
public record Namespace(String name) {
    /// Strict reverse-path checks would drop what arrives for another address; redirects would teach hosts a way past a
    /// router.
    static final String FORWARDING = """
            echo 1 >/proc/sys/net/ipv4/ip_forward
            for f in all default; do
              echo 0 >/proc/sys/net/ipv4/conf/$f/rp_filter
              echo 0 >/proc/sys/net/ipv4/conf/$f/send_redirects
            done
            """;

    /// Makes it, with the loopback interface up; it goes with the run.
    public static Namespace create(Run run, String name) {
        run.ownsNamespace(name);
        Command.of("ip", "netns", "add", name).orThrow();
        var namespace = new Namespace(name);
        namespace.script("ip link set lo up");
        return namespace;
    }

    public Path path() {
        return Path.of("/run/netns", name);
    }

    /// What stands before a command that is to run in here.
    public List<String> prefix() {
        return List.of("nsenter", "--net=" + path());
    }

    public Command command(String... arguments) {
        return Command.of(arguments).behind(prefix());
    }

    /// Runs lines of shell in one process and returns what they print; the first failing line ends it with an error.
    public String script(String lines) {
        return command("sh", "-eu").input(lines).orThrow();
    }

    /// Loads nftables rules in one transaction: all of them or none.
    public void nft(String rules) {
        command("nft", "-f", "-").input(rules).orThrow();
    }

    /// Forgets all connections, so that rules just loaded hold for running flows too.
    public void flushConntrack() {
        command("conntrack", "-F").orThrow();
    }
}
