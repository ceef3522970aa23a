// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernel's segmentation against ours. */
@Tag("lab")
class KernelCutIT {

    private static final int FLOWS = 600;

    @TempDir
    private static Path folder;

    @Test
    void kernelCutsASuperPacketIntoTheSameBytesAsWeDo() throws Exception {
        Shell.must("chmod", "755", folder.toString());
        String classPath = Program.readableClassPath(Program.folder(folder, "classes", 0));
        try (Namespaces namespaces = new Namespaces()) {
            namespaces.add("cut");
            namespaces.in("cut", "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1");
            namespaces.in("cut", "sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0");
            tun(namespaces, "in0", "10.9.0.1/24", "fd09::1/64");
            tun(namespaces, "out0", "10.9.1.1/24", "fd09:0:0:1::1/64");

            Program program = Program.start(
                    "cut",
                    0,
                    folder.resolve("cut.log"),
                    classPath,
                    "io.vpnmesh.sidecar.lab.KernelCut",
                    "in0",
                    "out0",
                    "" + FLOWS);

            assertThat(program.waitFor(60)).as(program.log()).isZero();
            System.out.println(program.log());
            assertThat(program.log()).contains("same flows=" + FLOWS + " ").contains("tun=tcp-udp");
        }
    }

    private static void tun(Namespaces namespaces, String name, String v4, String v6) {
        namespaces.in("cut", "ip", "tuntap", "add", "dev", name, "mode", "tun", "multi_queue", "vnet_hdr");
        namespaces.in("cut", "sysctl", "-qw", "net.ipv6.conf." + name + ".addr_gen_mode=1");
        namespaces.in("cut", "sysctl", "-qw", "net.ipv4.conf." + name + ".rp_filter=0");
        namespaces.in("cut", "ip", "link", "set", name, "mtu", "1500", "txqueuelen", "2000", "up");
        namespaces.in("cut", "ip", "addr", "add", v4, "dev", name);
        namespaces.in("cut", "ip", "addr", "add", v6, "dev", name, "nodad");
    }
}
