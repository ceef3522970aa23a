// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core;

import io.vpnmesh.core.net.Endpoint;

/**
 * One datagram of control traffic.
 *
 * @param local our end; {@link Endpoint#UNSPECIFIED} when the owner chooses the socket
 * @param remote the other end; {@link Endpoint#UNSPECIFIED} when the datagram goes through a relay as signalling
 * @param payload the UDP payload; a view, not a copy
 */
public record Datagram(Endpoint local, Endpoint remote, byte[] payload) {

    public static Datagram to(Endpoint remote, byte[] payload) {
        return new Datagram(Endpoint.UNSPECIFIED, remote, payload);
    }
}
