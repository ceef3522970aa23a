// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.TransformType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The initiator's IKE_SA_INIT (RFC 7296 sections 1.2, 2.6, 2.7): builds the request, repeats it with a cookie or another
 * group when the responder asks, and turns the answer into keys. No retransmission and no state beyond this exchange.
 */
final class InitRequest implements Opening {

    /** A responder that asks again and again is hostile or broken. */
    private static final int MAX_RESTARTS = 3;

    private final IkeContext context;
    private final PeerRef peer;
    private final long spi;
    private final @Nullable IpAddress redirectedFrom;
    private final byte[] nonce;
    private final List<Proposal> proposals;
    private KeyAgreement agreement;
    private byte[] cookie = new byte[0];
    private byte[] message = new byte[0];
    private int restarts;

    /** @param redirectedFrom who has sent us here */
    InitRequest(IkeContext context, PeerRef peer, long spi, @Nullable IpAddress redirectedFrom) {
        this.redirectedFrom = redirectedFrom;
        this.context = context;
        this.peer = peer;
        this.spi = spi;
        nonce = context.newNonce();
        IkeSettings settings = context.settings();
        proposals = Proposals.ike(settings.suite(), settings.hybrid(), new byte[0]);
        agreement = context.crypto().keyAgreement(Proposals.firstMethod(settings.suite()));
    }

    @Override
    public byte[] message() {
        List<IkePayload> payloads = new ArrayList<>();
        if (cookie.length > 0) {
            payloads.add(new Notify(NotifyType.COOKIE, cookie));
        }
        payloads.add(new SecurityAssociation(proposals));
        payloads.add(new KeyExchange(Algorithms.transformId(agreement.method()), agreement.publicValue()));
        payloads.add(new Nonce(nonce));
        payloads.addAll(Transcript.initNotifies(
                context, spi, 0, peer, context.settings().hybrid()));
        payloads.add(
                redirectedFrom == null
                        ? new Notify(NotifyType.REDIRECT_SUPPORTED)
                        : Gateway.redirectedFrom(redirectedFrom));
        payloads.addAll(PeerFeatures.vendorId(context));
        IkeHeader header =
                new IkeHeader(spi, 0, 0, IkeHeader.VERSION_2_0, ExchangeType.IKE_SA_INIT, IkeHeader.FLAG_INITIATOR, 0);
        message = IkeMessageCodec.encode(header, new Payloads(payloads));
        return message;
    }

    @Override
    public Outcome answer(IkeHeader header, byte[] response) {
        boolean expected = header.exchange() == ExchangeType.IKE_SA_INIT
                && header.isResponse()
                && !header.fromInitiator()
                && header.messageId() == 0
                && header.initiatorSpi() == spi;
        if (!expected) {
            return new Outcome.Ignored();
        }
        try {
            Payloads payloads = IkeMessageCodec.decode(response, header);
            if (payloads.unsupportedCritical().isPresent()) {
                return new Outcome.Refused("the responder uses a critical payload that we do not know");
            }
            Optional<Outcome> detour = detour(payloads);
            return detour.isPresent() ? detour.orElseThrow() : keys(header, response, payloads);
        } catch (MalformedException e) {
            return new Outcome.Refused("malformed IKE_SA_INIT response: " + e.getMessage());
        }
    }

    private Optional<Outcome> detour(Payloads payloads) throws MalformedException {
        Optional<Notify> redirect = payloads.notify(NotifyType.REDIRECT);
        if (redirect.isPresent()) {
            Gateway.Redirect there = Gateway.Redirect.decode(redirect.orElseThrow());
            // = rfc5685#4
            // # If the nonce data does not match, the client MUST ignore the REDIRECT
            return Optional.of(there.answers(nonce) ? new Outcome.Elsewhere(there.to()) : new Outcome.Ignored());
        }
        Optional<Notify> asked = payloads.notify(NotifyType.COOKIE);
        if (asked.isPresent()) {
            byte[] data = asked.orElseThrow().data();
            if (data.length == 0 || data.length > 64 || Arrays.equals(data, cookie)) {
                return Optional.of(new Outcome.Ignored());
            }
            cookie = data;
            return Optional.of(restart());
        }
        Optional<Notify> group = payloads.notify(NotifyType.INVALID_KE_PAYLOAD);
        if (group.isPresent()) {
            byte[] data = group.orElseThrow().data();
            int id = data.length == 2 ? (data[0] & 0xFF) << 8 | data[1] & 0xFF : 0;
            Optional<KeyMethod> method = Algorithms.keyMethod(id).filter(this::isOffered);
            if (method.isEmpty() || method.orElseThrow() == agreement.method()) {
                return Optional.of(new Outcome.Refused("the responder wants key exchange method " + id));
            }
            agreement = context.crypto().keyAgreement(method.orElseThrow());
            return Optional.of(restart());
        }
        return payloads.error()
                .map(error -> new Outcome.Refused("the responder says " + ErrorText.of(error.notifyType())));
    }

    private Outcome restart() {
        return ++restarts > MAX_RESTARTS
                ? new Outcome.Refused("the responder asks for ever new cookies or groups")
                : new Outcome.Again();
    }

    private boolean isOffered(KeyMethod method) {
        int id = Algorithms.transformId(method);
        return proposals.stream()
                .anyMatch(p -> p.ofType(TransformType.KE).stream().anyMatch(t -> t.id() == id));
    }

    private Outcome keys(IkeHeader header, byte[] response, Payloads payloads) throws MalformedException {
        var sa = payloads.first(SecurityAssociation.class);
        var ke = payloads.first(KeyExchange.class);
        var peerNonce = payloads.first(Nonce.class);
        if (sa.isEmpty() || ke.isEmpty() || peerNonce.isEmpty() || header.responderSpi() == 0) {
            return new Outcome.Refused("IKE_SA_INIT response without SA, KE, nonce or SPI");
        }
        Optional<IkeSuite> suite = Proposals.acceptIke(sa.orElseThrow().proposals(), proposals);
        PeerFeatures features =
                PeerFeatures.of(payloads, context.settings().extensions().meshPeer());
        if (suite.isEmpty()
                || suite.orElseThrow().keyMethod() != agreement.method()
                || ke.orElseThrow().method() != Algorithms.transformId(agreement.method())
                || (suite.orElseThrow().isHybrid() && !features.intermediate())) {
            return new Outcome.Refused("the responder chose what we did not offer");
        }
        byte[] nonceR = peerNonce.orElseThrow().data();
        IkeKeys.Seed seed = new IkeKeys.Seed(nonce, nonceR, spi, header.responderSpi());
        try (SecretBytes shared = agreement.finish(ke.orElseThrow().data())) {
            IkeKeys keys = IkeKeys.initial(context.crypto(), suite.orElseThrow(), seed, shared);
            IkeSa.Facts facts =
                    new IkeSa.Facts(spi, header.responderSpi(), true, suite.orElseThrow(), features.fragmentation(), 1);
            IkeSa ike = context.newSa(facts, keys);
            return new Outcome.Keys(new Transcript(true, message, response, nonce, nonceR, features, ike));
        }
    }
}
