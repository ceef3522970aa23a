// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckSession;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import java.util.HashMap;
import java.util.Map;

/**
 * The relay's STUN: plain Binding for anybody, and the checks by which clients prove the tuple that packets are forwarded
 * from and to. Nothing leaves that is longer than what came, unless the sender has proven where it is.
 *
 * <p>Source: docs/wire.md, "Forwarding tuple"; RFC 8489 section 9.2.4 (438 and NONCE).
 */
final class TupleGuard {

    private final ForwardingTable table;
    private final TupleNonces nonces;
    /** By the USERNAME of their checks. */
    private final Map<String, RelayedClient> clients = new HashMap<>();

    TupleGuard(RelaySettings settings, ForwardingTable table) {
        this.table = table;
        this.nonces = new TupleNonces(settings.nonceKey());
    }

    void add(RelayedClient client, CheckSession session) {
        clients.put(session.credentials().ownId(), client);
    }

    void remove(String ownId) {
        clients.remove(ownId);
    }

    void received(RelayInput.StunReceived input, long nowNs, Outbox<RelayEvent> out) {
        StunMessage message;
        try {
            message = StunCodec.decode(input.message());
        } catch (MalformedException _) {
            return;
        }
        if (message.type() != StunMessage.BINDING_REQUEST) {
            return;
        }
        if (message.username().isEmpty()) {
            answerPlain(message, input, out);
            return;
        }
        RelayedClient client = clients.get(message.username().get());
        CheckSession session =
                client == null ? null : client.sessions.get(message.username().get());
        if (client != null
                && session != null
                && session.verifyRequest(message, input.message()).isPresent()) {
            answerCheck(client, session, message, input, nowNs, out);
        }
    }

    private void answerPlain(StunMessage request, RelayInput.StunReceived input, Outbox<RelayEvent> out) {
        byte[] answer = StunCodec.encode(StunMessage.success(request.transactionId())
                .mappedAddress(input.remote())
                .build());
        if (answer.length <= input.message().length) {
            out.transmit(new Datagram(input.local(), input.remote(), answer));
        }
    }

    private void answerCheck(
            RelayedClient client,
            CheckSession session,
            StunMessage request,
            RelayInput.StunReceived input,
            long nowNs,
            Outbox<RelayEvent> out) {
        Endpoint local = input.local();
        Endpoint tuple = input.remote();
        boolean known = tuple.equals(client.tuple) && local.equals(client.local);
        boolean proven = known
                || request.nonce()
                        .filter(nonce -> nonces.proves(nonce, client.node, local, tuple, nowNs))
                        .isPresent();
        byte[] answer = proven
                ? session.success(request, tuple)
                : session.staleNonce(request, nonces.issue(client.node, local, tuple, nowNs), tuple);
        if (proven) {
            client.tupleCheckedNs = nowNs;
        }
        if (proven && !known) {
            table.bind(client, local, tuple);
            out.event(new RelayEvent.TupleChanged(client.node, local, tuple));
        }
        out.transmit(new Datagram(local, tuple, answer));
    }
}
