// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

import io.vpnmesh.core.net.Endpoint;

/** A UDP datagram under way. */
public record SimPacket(Endpoint source, Endpoint destination, int ttl, byte[] payload) {

    SimPacket from(Endpoint other) {
        return new SimPacket(other, destination, ttl, payload);
    }

    SimPacket to(Endpoint other) {
        return new SimPacket(source, other, ttl, payload);
    }

    SimPacket hops(int count) {
        return new SimPacket(source, destination, ttl - count, payload);
    }
}
