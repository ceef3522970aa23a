// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.util.HashMap;
import java.util.Map;

/** A host with one address and any number of UDP sockets. */
public final class SimHost implements SimNode {

    public static final int DEFAULT_TTL = 64;

    /** Called with what arrives at a socket. */
    public interface Receiver {
        void receive(Endpoint local, Endpoint remote, byte[] payload);
    }

    private final SimNetwork network;
    private final IpAddress address;
    private final SimLink link = new SimLink();
    private final Map<Integer, Receiver> sockets = new HashMap<>();

    public SimHost(SimNetwork network, IpAddress address) {
        this.network = network;
        this.address = address;
        network.plug(address, this);
    }

    public IpAddress address() {
        return address;
    }

    /** Errors: IllegalStateException if the port is taken. */
    public Endpoint bind(int port, Receiver receiver) {
        if (sockets.putIfAbsent(port, receiver) != null) {
            throw new IllegalStateException("port " + port + " is bound");
        }
        return new Endpoint(address, port);
    }

    public void unbind(int port) {
        sockets.remove(port);
    }

    public void send(int port, Endpoint remote, int ttl, byte[] payload) {
        network.route(new SimPacket(new Endpoint(address, port), remote, ttl, payload), link);
    }

    public void send(int port, Endpoint remote, byte[] payload) {
        send(port, remote, DEFAULT_TTL, payload);
    }

    @Override
    public void arrive(SimPacket packet) {
        Receiver receiver = sockets.get(packet.destination().port());
        if (receiver != null) {
            receiver.receive(packet.destination(), packet.source(), packet.payload());
        }
    }

    @Override
    public SimLink link() {
        return link;
    }
}
