// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A Linux kernel of its own as one process (User-mode Linux), at the peer's end of the cable: for a peer whose ESP is the
 * kernel's, on a machine whose kernel has none. It sees the files that the process sees, and it takes over the address of the
 * namespace, which only forwards from then on.
 */
final class UserModeLinux implements AutoCloseable {

    private static final String PROGRAM = "/usr/bin/linux.uml";
    private static final Duration BOOT = Duration.ofSeconds(30);
    private static final int COMMAND_SECONDS = 25;
    private static final Duration COMMAND = Duration.ofSeconds(COMMAND_SECONDS + 5);
    private static final String MEMORY = "192M";
    private static final String INTERFACE = "vec0";

    /**
     * The first and only process of the machine: a line from the console is a command for a shell, whose output goes to a
     * file; when the console ends, so does the machine.
     */
    private static final String INIT = """
            #!/bin/bash
            exec 2>&1
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin
            mount -t proc proc /proc
            mount -t sysfs sys /sys
            mount -t tmpfs tmp /run
            stty -F /dev/tty0 raw -echo
            ip link set lo up
            ip addr add 10.77.0.2/32 dev lo
            ip addr add %2$s/24 dev %3$s
            ip link set %3$s up
            ip route add default via %4$s
            echo ready
            while read -r line; do
              timeout -k 1 %5$d bash -c "$line" >%1$s/output </dev/null
              echo "done $?"
            done
            echo o >/proc/sysrq-trigger
            """;

    private final LabNet net;
    private final Path folder;
    private final Installation installation;
    private final LineProcess process;

    /**
     * Boots it.
     *
     * @param folder for its own files; the machine can write there
     * @param installation what the machine's programs and kernel are
     */
    UserModeLinux(LabNet net, Path folder, Installation installation) throws IOException {
        this.net = net;
        this.folder = folder;
        this.installation = installation;
        String gateway = net.theirAddress().equals(LabNet.THEIRS) ? LabNet.OURS : "10.1.0.1";
        Path init = folder.resolve("init");
        Files.writeString(init, INIT.formatted(folder, net.theirAddress(), INTERFACE, gateway, COMMAND_SECONDS));
        if (!init.toFile().setExecutable(true)) {
            throw new IOException(init + " cannot be made executable");
        }
        if (!hasWire()) {
            wire(gateway);
        }
        process = new LineProcess(command(init), Map.of());
        process.await("ready", BOOT);
    }

    private List<String> command(Path init) {
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", net.theirs()));
        command.addAll(installation.command(
                PROGRAM,
                "mem=" + MEMORY,
                "root=none",
                "rootfstype=hostfs",
                "rootflags=/",
                "rw",
                "init=" + init,
                "con=null",
                "con0=fd:0,fd:1",
                "quiet",
                "vec0:transport=tap,ifname=" + INTERFACE + ",depth=64"));
        return command;
    }

    /** A machine that was killed leaves it behind. */
    private boolean hasWire() throws IOException {
        return net.in(net.theirs(), "ip", "-br", "link").contains(INTERFACE);
    }

    /** Who asks on the cable for the machine's addresses, and the machine for those beyond it, is answered by the namespace. */
    private void wire(String gateway) throws IOException {
        String space = net.theirs();
        Commands.run("ip", "-n", space, "tuntap", "add", INTERFACE, "mode", "tap");
        Commands.run("ip", "-n", space, "link", "set", INTERFACE, "up");
        // An address left here would be the sender's of its questions, and the machine has that one itself.
        Commands.run("ip", "-n", space, "addr", "flush", "dev", "veth0");
        Commands.run("ip", "-n", space, "addr", "del", "10.77.0.2/32", "dev", "lo");
        String cable = net.theirAddress().replaceFirst("[0-9]+$", "0") + "/24";
        Commands.run("ip", "-n", space, "route", "add", cable, "dev", "veth0");
        owns(net.theirAddress());
        Commands.run("ip", "-n", space, "route", "add", "default", "via", gateway, "dev", "veth0");
        net.in(space, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.rp_filter=0");
        for (String side : List.of("veth0", INTERFACE)) {
            net.in(
                    space,
                    "sysctl",
                    "-q",
                    "-w",
                    "net.ipv4.conf." + side + ".rp_filter=0",
                    "net.ipv4.conf." + side + ".proxy_arp=1",
                    "net.ipv4.neigh." + side + ".proxy_delay=0");
        }
    }

    private void owns(String address) throws IOException {
        Commands.run("ip", "-n", net.theirs(), "route", "add", address + "/32", "dev", INTERFACE);
    }

    /** The machine gets another address in the place of its own; of another prefix length, or it would go together with it. */
    void renumber(String from, String to) throws IOException {
        owns(to);
        run("ip addr add " + to + "/25 dev " + INTERFACE + " && ip addr del " + from + "/24 dev " + INTERFACE);
    }

    /** Runs a shell command on the machine. Errors: IllegalStateException with the output if it fails. */
    String run(String command) throws IOException {
        process.say(command);
        String end = process.await("done", COMMAND);
        String output = Files.readString(folder.resolve("output"));
        if (!end.equals("done 0")) {
            throw new IllegalStateException(command + ": " + end + ": " + output);
        }
        return output;
    }

    /** Takes its power away. */
    void kill() {
        process.kill();
    }

    @Override
    public void close() {
        // It has nothing to lose, and all of its processes must go with it.
        process.kill();
    }
}
