// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.node.Demux;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.UdpSender;

/** What the conductor sends by itself: IKE, STUN, priming, and signalling sealed for a relay. Conductor only. */
final class Wire implements AutoCloseable {

    private final UdpPort port;
    private final UdpSender sender;

    Wire(UdpPort port) {
        this.port = port;
        sender = port.newSender();
    }

    Endpoint local() {
        return port.local();
    }

    /** Sends bytes as they are. */
    void send(Endpoint remote, byte[] payload) {
        sender.send(payload, 0, payload.length, remote);
    }

    void prime(Endpoint remote, int ttl, byte[] payload) {
        sender.sendWithTtl(payload, 0, payload.length, remote, ttl);
    }

    /** Puts the non-ESP marker in front (RFC 3948 section 2.2). */
    void sendIke(Endpoint remote, byte[] message) {
        byte[] datagram = new byte[Demux.MARKER_BYTES + message.length];
        System.arraycopy(message, 0, datagram, Demux.MARKER_BYTES, message.length);
        send(remote, datagram);
    }

    /** Sends a signalling datagram inside the Child SA with a relay. */
    void sendSignal(ChildSa child, IpAddress own, IpAddress relay, Endpoint remote, byte[] signal) {
        byte[] packet = UdpPacket.build(own, Signal.PORT, relay, Signal.PORT, signal);
        byte[] buffer = new byte[EspSealer.HEADROOM + packet.length + EspSealer.TAILROOM];
        System.arraycopy(packet, 0, buffer, EspSealer.HEADROOM, packet.length);
        int sealed = child.sealer().seal(buffer, EspSealer.HEADROOM, packet.length);
        if (sealed > 0) {
            sender.send(buffer, 0, sealed, remote);
        }
    }

    @Override
    public void close() {
        sender.close();
    }
}
