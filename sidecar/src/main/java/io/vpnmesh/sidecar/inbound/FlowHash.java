// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.inbound;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.sidecar.packet.PacketHeader;

/** A keyed hash of protocol, addresses and ports, so that a member cannot aim at another's flow by a collision. */
final class FlowHash {

    private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

    private final long key0;
    private final long key1;

    FlowHash(long key0, long key1) {
        this.key0 = key0;
        this.key1 = key1 | 1;
    }

    /** The flow as its sender writes it. */
    long of(PacketHeader packet) {
        IpView ip = packet.ip();
        return of(
                packet.protocol(),
                ip.sourceHigh(),
                ip.sourceLow(),
                packet.sourcePort(),
                ip.destinationHigh(),
                ip.destinationLow(),
                packet.destinationPort());
    }

    /** The flow whose reply this packet would be. */
    long ofReply(PacketHeader packet) {
        IpView ip = packet.ip();
        return of(
                packet.protocol(),
                ip.destinationHigh(),
                ip.destinationLow(),
                packet.destinationPort(),
                ip.sourceHigh(),
                ip.sourceLow(),
                packet.sourcePort());
    }

    long of(int protocol, long fromHigh, long fromLow, int fromPort, long toHigh, long toLow, int toPort) {
        long hash = mix(key0, (long) protocol << 32 | (long) fromPort << 16 | toPort);
        hash = mix(hash, fromHigh);
        hash = mix(hash, fromLow);
        hash = mix(hash, toHigh);
        hash = mix(hash, toLow);
        return hash == 0 ? 1 : hash;
    }

    private long mix(long state, long value) {
        long a = (state ^ value) * MULTIPLIER;
        long b = (a ^ a >>> 29) * key1;
        return b ^ b >>> 32;
    }
}
