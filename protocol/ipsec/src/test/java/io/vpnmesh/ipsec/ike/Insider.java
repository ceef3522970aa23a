// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.ArrayList;
import java.util.List;

/**
 * Speaks in the place of one node inside its IKE SA with another: it has the keys, so what it says is authentic, and it
 * says whatever a test wants, engine or not.
 */
final class Insider {

    private static final int MAX_BYTES = 4_000;

    private final TestNode impersonated;
    private final TestNode peer;
    private final TestWire wire;
    private final IkeSa sa;
    private final IkeCipher cipher;
    private int nextId;

    /** After the two have a session, and with nothing under way. */
    Insider(TestWire wire, TestNode impersonated, TestNode peer) throws IllegalAccessException {
        this.wire = wire;
        this.impersonated = impersonated;
        this.peer = peer;
        List<IkeSa> found = ObjectGraph.reach(impersonated.ike).stream()
                .filter(IkeSa.class::isInstance)
                .map(IkeSa.class::cast)
                .toList();
        assertThat(found).hasSize(1);
        sa = found.getFirst();
        cipher = new IkeCipher(new JdkCrypto(), sa.suite().aead(), sa.keys(), sa.isInitiator());
        nextId = sa.nextRequestId();
    }

    /** The header of the next request; a test may bend it. */
    IkeHeader header(int exchange) {
        return new IkeHeader(
                sa.initiatorSpi(),
                sa.responderSpi(),
                0,
                IkeHeader.VERSION_2_0,
                exchange,
                sa.isInitiator() ? IkeHeader.FLAG_INITIATOR : 0,
                nextId);
    }

    byte[] seal(IkeHeader header, IkePayload... payloads) {
        Payloads chain = Payloads.of(payloads);
        return seal(header, IkeMessageCodec.firstType(chain), IkeMessageCodec.encodeInner(chain));
    }

    /** Any bytes in the place of a payload chain. */
    byte[] seal(IkeHeader header, int firstPayload, byte[] inner) {
        return cipher.seal(header, firstPayload, inner, MAX_BYTES, false).getFirst();
    }

    /** Delivers a message from the impersonated node and says what the peer sends at once. */
    List<byte[]> deliver(byte[] message) {
        int before = wire.log.size();
        peer.handle(
                new IkeInput.Received(new PeerRef.Direct(impersonated.endpoint()), peer.endpoint(), message.clone()));
        return wire.log.subList(before, wire.log.size()).stream()
                .filter(m -> m.to().equals(impersonated.endpoint()))
                .map(TestWire.Message::bytes)
                .toList();
    }

    /** Sends a request and opens its only answer. */
    Payloads ask(int exchange, IkePayload... payloads) throws MalformedException {
        return answered(deliver(seal(header(exchange), payloads)));
    }

    /** Opens the only answer to the request with the next number, which is used up by it; requests are left alone. */
    Payloads answered(List<byte[]> messages) throws MalformedException {
        List<byte[]> answers = new ArrayList<>();
        for (byte[] message : messages) {
            if (IkeHeader.decode(message).isResponse()) {
                answers.add(message);
            }
        }
        assertThat(answers).hasSize(1);
        byte[] message = answers.getFirst();
        IkeHeader header = IkeHeader.decode(message);
        assertThat(header.messageId()).isEqualTo(nextId);
        nextId++;
        return open(message, header);
    }

    /** Opens a request that the peer has sent. */
    Payloads opened(byte[] request) throws MalformedException {
        IkeHeader header = IkeHeader.decode(request);
        assertThat(header.isResponse()).isFalse();
        return open(request, header);
    }

    /** Answers a request that the peer has sent, and says what the peer sends then. */
    List<byte[]> answer(byte[] request, IkePayload... payloads) throws MalformedException {
        IkeHeader asked = IkeHeader.decode(request);
        IkeHeader header = header(asked.exchange());
        return deliver(seal(
                new IkeHeader(
                        header.initiatorSpi(),
                        header.responderSpi(),
                        0,
                        header.version(),
                        header.exchange(),
                        header.flags() | IkeHeader.FLAG_RESPONSE,
                        asked.messageId()),
                payloads));
    }

    private Payloads open(byte[] message, IkeHeader header) throws MalformedException {
        IkePayload.Encrypted sealed = (IkePayload.Encrypted)
                IkeMessageCodec.decode(message, header).all().getLast();
        byte[] inner = cipher.open(message, sealed.bodyOffset()).orElseThrow();
        return IkeMessageCodec.decodeInner(sealed.firstPayload(), inner, 0, inner.length);
    }

    /** The peer is well and answers the next request as it should. */
    void assertAlive() throws MalformedException {
        assertThat(ask(ExchangeType.INFORMATIONAL).all()).isEmpty();
        assertThat(peer.all(IkeEvent.Closed.class)).isEmpty();
    }
}
