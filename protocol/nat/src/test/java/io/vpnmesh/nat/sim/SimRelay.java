// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.relay.ForwardingTable;
import io.vpnmesh.nat.relay.RelayEvent;
import io.vpnmesh.nat.relay.RelayInput;
import io.vpnmesh.nat.relay.RelayServer;
import io.vpnmesh.nat.relay.RelaySettings;
import io.vpnmesh.nat.relay.Route;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.testkit.SimHost;
import io.vpnmesh.testkit.SimWorld;
import java.util.HashMap;
import java.util.Map;

/** A relay shell: the real {@link RelayServer} and {@link ForwardingTable} on a simulated socket. */
public final class SimRelay implements Outbox<RelayEvent> {

    static final int PORT = 4500;

    final NodeId node;
    final Endpoint endpoint;
    int spi;
    public final SimHost host;
    public ForwardingTable table = new ForwardingTable();
    public int forwarded;
    public int dropped;

    private final SimWorld world;
    private RelayServer server;
    private final Map<NodeId, Endpoint> ikeTuples = new HashMap<>();
    private final Map<NodeId, Integer> clientSpis = new HashMap<>();

    public SimRelay(SimWorld world, String address, long number) {
        this.world = world;
        this.node = new NodeId(0xEEEE, number);
        host = new SimHost(world, IpAddress.parse(address));
        endpoint = host.bind(PORT, this::receive);
        server = boot(false);
        spi = server.takeOwnSpi();
    }

    private RelayServer boot(boolean restarted) {
        byte[] nonceKey = new byte[32];
        world.random().nextBytes(nonceKey);
        SecretBytes ticketKey = SecretBytes.owning(new byte[32]);
        RelaySettings settings =
                RelaySettings.of(node, ticketKey, SecretBytes.owning(nonceKey), 1_700_000_000L, restarted);
        RelayServer made = new RelayServer(settings, table, world.random());
        world.drive(made, this);
        return made;
    }

    /** The process dies and comes back: no client, no lease, no tuple. */
    public void restart() {
        world.stopDriving(server);
        table = new ForwardingTable();
        ikeTuples.clear();
        clientSpis.clear();
        server = boot(true);
        spi = server.takeOwnSpi();
    }

    /** As if an IKE SA had come up from that tuple. */
    void accept(NodeId client, Endpoint seenAt, int clientSpi, CheckCredentials credentials) {
        ikeTuples.put(client, seenAt);
        clientSpis.put(client, clientSpi);
        server.handle(new RelayInput.ClientUp(client, credentials), world.nowNs(), this);
    }

    private void receive(Endpoint local, Endpoint remote, byte[] payload) {
        if (payload.length == 1) {
            return;
        }
        if (StunCodec.looksLikeStun(payload, 0, payload.length)) {
            server.handle(new RelayInput.StunReceived(local, remote, payload), world.nowNs(), this);
            return;
        }
        int to = SimFrame.spi(payload);
        switch (table.lookup(remote, to)) {
            case Route.Forward forward -> {
                forwarded++;
                host.send(PORT, forward.target(), payload);
            }
            case Route.Verdict verdict -> {
                if (verdict == Route.Verdict.LOCAL) {
                    SimFrame frame = SimFrame.decode(payload);
                    ikeTuples.put(frame.from(), remote);
                    server.handle(new RelayInput.SignalReceived(frame.from(), frame.body()), world.nowNs(), this);
                } else {
                    dropped++;
                    if (verdict == Route.Verdict.UNKNOWN_SOURCE) {
                        server.handle(new RelayInput.UnknownSource(local, remote), world.nowNs(), this);
                    }
                }
            }
        }
    }

    @Override
    public void transmit(Datagram datagram) {
        host.send(PORT, datagram.remote(), datagram.payload());
    }

    @Override
    public void event(RelayEvent event) {
        if (event instanceof RelayEvent.SendSignal signal) {
            Endpoint tuple = server.tupleOf(signal.to()).orElseGet(() -> ikeTuples.get(signal.to()));
            SimFrame frame =
                    new SimFrame(clientSpis.getOrDefault(signal.to(), 0), SimFrame.SIGNAL, node, signal.datagram());
            if (tuple != null) {
                host.send(PORT, tuple, frame.encode());
            }
        }
    }
}
