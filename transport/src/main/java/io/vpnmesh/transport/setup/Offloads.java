// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import com.sun.jna.LastErrorException;
import com.sun.jna.Memory;
import java.nio.charset.StandardCharsets;

/** Offload switches of an interface by the ethtool ioctl. */
public final class Offloads {

    private static final long SIOCETHTOOL = 0x8946;
    private static final int ETHTOOL_GGRO = 0x2B;
    private static final int ETHTOOL_SGRO = 0x2C;
    private static final int IFREQ_BYTES = 40;
    private static final int IFNAMSIZ = 16;

    private Offloads() {}

    /**
     * Switches generic receive offload on: a pod's veth has it off, and then every datagram of a train arrives alone.
     * Errors: SetupException when the driver or the node forbids it; the tunnel works without, only slower.
     */
    public static void enableGro(String link) throws SetupException {
        ethtool(link, ETHTOOL_SGRO, 1, "switching GRO on for " + link);
    }

    public static boolean isGroOn(String link) throws SetupException {
        return ethtool(link, ETHTOOL_GGRO, 0, "reading GRO of " + link) != 0;
    }

    private static int ethtool(String link, int command, int value, String what) throws SetupException {
        byte[] name = link.getBytes(StandardCharsets.US_ASCII);
        if (name.length >= IFNAMSIZ) {
            throw new SetupException(link + " is too long for an interface name");
        }
        try (Memory request = new Memory(IFREQ_BYTES);
                Memory ethtoolValue = new Memory(8)) {
            request.clear();
            request.write(0, name, 0, name.length);
            request.setPointer(IFNAMSIZ, ethtoolValue);
            ethtoolValue.setInt(0, command);
            ethtoolValue.setInt(4, value);
            int socket = KernelCalls.socket(KernelCalls.AF_INET, KernelCalls.SOCK_DGRAM | KernelCalls.SOCK_CLOEXEC, 0);
            try {
                KernelCalls.ioctl(socket, SIOCETHTOOL, request);
            } finally {
                KernelCalls.close(socket);
            }
            return ethtoolValue.getInt(4);
        } catch (LastErrorException e) {
            throw new SetupException(what, e);
        }
    }
}
