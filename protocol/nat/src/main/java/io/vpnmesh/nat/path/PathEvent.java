// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import io.vpnmesh.core.net.Endpoint;

/** What a {@link PathAgent} asks of its shell, beside the datagrams that it transmits. */
public sealed interface PathEvent {

    /** Send this as inner UDP, overlay address to overlay address, port 4500, over that path and no other. */
    record SendInnerProbe(Path.Relayed path, byte[] message) implements PathEvent {}

    /** Send this list to the peer inside the IKE SA (notify CANDIDATES). */
    record SendCandidates(byte[] body) implements PathEvent {}

    /** Send this to the peer as signalling. */
    record SendSignal(int kind, byte[] body) implements PathEvent {}

    /** Send one datagram with this IP time to live, so that it opens our own NAT and dies before the peer's. */
    record Prime(Endpoint local, Endpoint remote, int ttl, byte[] payload) implements PathEvent {}

    /**
     * Send packets over this path from here on. Also told when only the reason changed.
     *
     * @param rttMs smoothed round trip; 0 = not measured
     */
    record PathSelected(Path path, Reason reason, double rttMs) implements PathEvent {}

    /**
     * The path in use is suspect.
     *
     * @param on send every packet over {@code warm} too, or stop doing so
     */
    record Duplicate(Path warm, boolean on) implements PathEvent {}

    /** No path is left; packets for the peer are dropped until the next {@link PathSelected}. */
    record PeerUnreachable(Reason reason) implements PathEvent {}
}
