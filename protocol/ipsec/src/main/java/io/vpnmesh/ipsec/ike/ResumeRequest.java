// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The initiator's IKE_SESSION_RESUME (RFC 5723 section 4.3.2): a nonce and the ticket, and no key exchange. Any refusal
 * means a full handshake.
 */
final class ResumeRequest implements Opening {

    private final IkeContext context;
    private final PeerRef peer;
    private final long spi;
    private final Tickets.Mine mine;
    private final byte[] nonce;
    private byte[] cookie = new byte[0];
    private byte[] message = new byte[0];

    ResumeRequest(IkeContext context, PeerRef peer, long spi, Tickets.Mine mine) {
        this.context = context;
        this.peer = peer;
        this.spi = spi;
        this.mine = mine;
        nonce = context.newNonce();
    }

    /** The old key is not needed any more: it has made new ones, or will not. */
    void forget() {
        mine.resumption().close();
    }

    @Override
    public byte[] message() {
        List<IkePayload> payloads = new ArrayList<>();
        if (cookie.length > 0) {
            payloads.add(new Notify(NotifyType.COOKIE, cookie));
        }
        payloads.add(new Nonce(nonce));
        payloads.add(new Notify(NotifyType.TICKET_OPAQUE, mine.ticket()));
        payloads.addAll(Transcript.initNotifies(
                context, spi, 0, peer, context.settings().hybrid()));
        payloads.addAll(PeerFeatures.vendorId(context));
        IkeHeader header = new IkeHeader(
                spi, 0, 0, IkeHeader.VERSION_2_0, ExchangeType.IKE_SESSION_RESUME, IkeHeader.FLAG_INITIATOR, 0);
        message = IkeMessageCodec.encode(header, new Payloads(payloads));
        return message;
    }

    @Override
    public Outcome answer(IkeHeader header, byte[] response) {
        boolean expected = header.exchange() == ExchangeType.IKE_SESSION_RESUME
                && header.isResponse()
                && !header.fromInitiator()
                && header.messageId() == 0
                && header.initiatorSpi() == spi;
        if (!expected) {
            return new Outcome.Ignored();
        }
        try {
            Payloads payloads = IkeMessageCodec.decode(response, header);
            Optional<Notify> asked = payloads.notify(NotifyType.COOKIE);
            if (asked.isPresent()) {
                byte[] data = asked.orElseThrow().data();
                if (data.length == 0 || data.length > 64 || cookie.length > 0) {
                    return new Outcome.Ignored();
                }
                cookie = data;
                return new Outcome.Again();
            }
            Optional<Nonce> peerNonce = payloads.first(Nonce.class);
            boolean refused = payloads.has(NotifyType.TICKET_NACK)
                    || payloads.error().isPresent()
                    || payloads.unsupportedCritical().isPresent()
                    || peerNonce.isEmpty()
                    || header.responderSpi() == 0;
            if (refused) {
                return new Outcome.Refused("the gateway does not take the ticket");
            }
            return keys(header, response, payloads, peerNonce.orElseThrow().data());
        } catch (MalformedException e) {
            return new Outcome.Refused("malformed IKE_SESSION_RESUME response: " + e.getMessage());
        }
    }

    private Outcome keys(IkeHeader header, byte[] response, Payloads payloads, byte[] nonceR) {
        PeerFeatures features =
                PeerFeatures.of(payloads, context.settings().extensions().meshPeer());
        Resumption resumption = mine.resumption();
        IkeKeys.Seed seed = new IkeKeys.Seed(nonce, nonceR, spi, header.responderSpi());
        IkeKeys keys = IkeKeys.resumed(context.crypto(), resumption.suite(), seed, resumption.skD());
        forget();
        IkeSa.Facts facts =
                new IkeSa.Facts(spi, header.responderSpi(), true, resumption.suite(), features.fragmentation(), 1);
        Transcript transcript =
                new Transcript(true, message, response, nonce, nonceR, features, context.newSa(facts, keys));
        transcript.resumes(resumption);
        return new Outcome.Keys(transcript);
    }
}
