// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.check.CheckSession;
import io.vpnmesh.nat.relay.ForwardingTable;
import io.vpnmesh.nat.relay.RelayEvent;
import io.vpnmesh.nat.relay.RelayInput;
import io.vpnmesh.nat.relay.RelayServer;
import io.vpnmesh.nat.relay.RelaySettings;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.SignalKind;
import io.vpnmesh.nat.signal.Ticket;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.TransactionId;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Clients of a relay that have proven their tuples and lease an SPI, by what a relay is told of them. */
final class RelayClients implements Outbox<RelayEvent> {

    private static final long GAP_NS = 1_000_000L;
    private static final int LEASE_SECONDS = 600;

    private final Random random = new Random(3);
    private final ForwardingTable forwarding = new ForwardingTable();
    private final Endpoint relay;
    private final RelayServer server;
    private byte[] answer = {};
    private long nowNs;

    RelayClients(Endpoint relay) {
        this.relay = relay;
        RelaySettings settings = RelaySettings.of(
                new NodeId(-1, -1), SecretBytes.owning(new byte[32]), SecretBytes.owning(new byte[32]), 0, false);
        server = new RelayServer(settings, forwarding, random);
    }

    ForwardingTable forwarding() {
        return forwarding;
    }

    void attach(NodeId client, Endpoint tuple, int spi) {
        nowNs += GAP_NS;
        byte[] key = new byte[32];
        random.nextBytes(key);
        server.handle(new RelayInput.ClientUp(client, credentials(key, spi, false)), nowNs, this);
        CheckSession checks = new CheckSession(credentials(key, spi, true));
        String nonce = check(checks, tuple, null);
        check(checks, tuple, nonce);
        LeaseRequest lease = new LeaseRequest(List.of(new LeaseRequest.Item(spi, LEASE_SECONDS, Ticket.NONE)));
        byte[] signal =
                SignalCodec.encode(new Signal(SignalKind.LEASE, lease.flags(), 1, Signal.RELAY_ITSELF, lease.encode()));
        server.handle(new RelayInput.SignalReceived(client, signal), nowNs, this);
        if (forwarding.receiver(spi) == null || forwarding.sender(tuple) == null) {
            throw new IllegalStateException("the relay does not know " + tuple + " with its lease");
        }
    }

    private static CheckCredentials credentials(byte[] key, int number, boolean ofClient) {
        String clientId = "c%015d".formatted(Integer.toUnsignedLong(number));
        String relayId = "d%015d".formatted(Integer.toUnsignedLong(number));
        return CheckCredentials.of(
                SecretBytes.owning(key.clone()),
                SecretBytes.owning(key.clone()),
                ofClient,
                ofClient ? clientId : relayId,
                ofClient ? relayId : clientId);
    }

    /** The nonce that the relay asks for; null once it is content. */
    private @Nullable String check(CheckSession checks, Endpoint tuple, @Nullable String nonce) {
        byte[] request = checks.request(TransactionId.random(random), new CheckSession.Path(0, true, 0, 0), nonce, 0);
        server.handle(new RelayInput.StunReceived(relay, tuple, request), nowNs, this);
        try {
            return StunCodec.decode(answer).nonce().orElse(null);
        } catch (MalformedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void transmit(Datagram datagram) {
        answer = datagram.payload();
    }

    @Override
    public void event(RelayEvent event) {
        // Nobody listens.
    }
}
