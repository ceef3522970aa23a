// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tun;

import java.util.Locale;

/** How much the kernel leaves to us at a TUN, from least to most; each does all that the one before does. */
public enum TunOffload {
    /** No offload header: a sandbox without IFF_VNET_HDR. Single packets, finished. */
    PLAIN(0),
    /** The header is there and asks for nothing. */
    SINGLE(0),
    /** Checksums, and TCP of up to 64 KiB in one frame, both ways. */
    TCP(0x01 | 0x02 | 0x04),
    /** UDP of one flow too (Linux 6.2). */
    TCP_UDP(0x01 | 0x02 | 0x04 | 0x20 | 0x40);

    /** TUN_F_CSUM 1, TSO4 2, TSO6 4, USO4 0x20, USO6 0x40. */
    private final long bits;

    TunOffload(long bits) {
        this.bits = bits;
    }

    long bits() {
        return bits;
    }

    /** For settings, status and metrics: {@code tcp-udp} and so on. */
    public String text() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The inverse of {@link #text}. Errors: IllegalArgumentException. */
    public static TunOffload parse(String text) {
        for (TunOffload offload : values()) {
            if (offload.text().equals(text)) {
                return offload;
            }
        }
        throw new IllegalArgumentException(text + " is none of plain, single, tcp, tcp-udp");
    }

    boolean hasHeader() {
        return this != PLAIN;
    }

    public boolean joinsTcp() {
        return this == TCP || this == TCP_UDP;
    }

    public boolean joinsUdp() {
        return this == TCP_UDP;
    }
}
