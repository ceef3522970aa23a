// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireWriter;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The responder's IKE_SA_INIT: judges a request without keeping state, and only then answers it with keys (RFC 7296
 * sections 1.2, 2.6, 2.7).
 */
final class InitResponse {

    private final IkeContext context;

    InitResponse(IkeContext context) {
        this.context = context;
    }

    /** A request that is whole. */
    record Request(IkeHeader header, byte[] message, Payloads payloads, byte[] nonce) {

        byte[] cookie() {
            return payloads.notify(NotifyType.COOKIE).map(Notify::data).orElse(new byte[0]);
        }
    }

    /** What a request leads to. */
    sealed interface Outcome {
        /** A stateless answer. */
        record Refuse(byte[] message) implements Outcome {}

        record Accept(Transcript transcript, byte[] message) implements Outcome {}

        record Ignore() implements Outcome {}
    }

    /** Errors: MalformedException for what is not worth an answer. */
    static Request parse(IkeHeader header, byte[] message) throws MalformedException {
        Payloads payloads = IkeMessageCodec.decode(message, header);
        Nonce nonce = payloads.first(Nonce.class)
                .orElseThrow(() -> new MalformedException(message.length, "nonce", "missing"));
        return new Request(header, message, payloads, nonce.data());
    }

    Outcome answer(Request request, PeerRef peer) {
        Payloads payloads = request.payloads;
        Optional<IkePayload.Unknown> critical = payloads.unsupportedCritical();
        if (critical.isPresent()) {
            byte[] type = {(byte) critical.orElseThrow().type()};
            return refuse(request.header, new Notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, type));
        }
        var sa = payloads.first(SecurityAssociation.class);
        var ke = payloads.first(KeyExchange.class);
        if (sa.isEmpty() || ke.isEmpty()) {
            return new Outcome.Ignore();
        }
        IkeSettings settings = context.settings();
        PeerFeatures features = PeerFeatures.of(payloads, settings.extensions().meshPeer());
        List<Proposal> ours =
                Proposals.ike(settings.suite(), settings.hybrid() && features.intermediate(), new byte[0]);
        var chosen = Proposals.chooseIke(sa.orElseThrow().proposals(), ours, new byte[0]);
        if (chosen.isEmpty()) {
            return refuse(request.header, new Notify(NotifyType.NO_PROPOSAL_CHOSEN));
        }
        IkeSuite suite = chosen.orElseThrow().suite();
        int method = Algorithms.transformId(suite.keyMethod());
        if (ke.orElseThrow().method() != method) {
            byte[] wanted = new WireWriter(2).u16(method).toByteArray();
            return refuse(request.header, new Notify(NotifyType.INVALID_KE_PAYLOAD, wanted));
        }
        try {
            KeyAgreement.Response response =
                    context.crypto().respond(suite.keyMethod(), ke.orElseThrow().data());
            try (SecretBytes shared = response.secret()) {
                return accept(request, peer, features, chosen.orElseThrow(), response.publicValue(), shared);
            }
        } catch (MalformedException _) {
            return refuse(request.header, new Notify(NotifyType.INVALID_SYNTAX));
        }
    }

    private Outcome accept(
            Request request,
            PeerRef peer,
            PeerFeatures features,
            Proposals.Chosen<IkeSuite> chosen,
            byte[] publicValue,
            SecretBytes shared) {
        long spiI = request.header.initiatorSpi();
        long spiR = context.newIkeSpi();
        byte[] nonce = context.newNonce();
        List<IkePayload> payloads = new ArrayList<>();
        payloads.add(new SecurityAssociation(List.of(chosen.answer())));
        payloads.add(new KeyExchange(Algorithms.transformId(chosen.suite().keyMethod()), publicValue));
        payloads.add(new Nonce(nonce));
        // Some who hear that we have it start an IKE_INTERMEDIATE that carries nothing, others complain that they did
        // not ask.
        boolean intermediate = chosen.suite().isHybrid();
        payloads.addAll(Transcript.initNotifies(context, spiI, spiR, peer, intermediate));
        if (features.ownPeer()) {
            payloads.addAll(PeerFeatures.vendorId(context));
        } else {
            payloads.addAll(context.credentials().certificateRequest(context.crypto()));
            payloads.add(new Notify(NotifyType.CHILDLESS_IKEV2_SUPPORTED));
        }
        byte[] message = IkeMessageCodec.encode(response(request.header, spiR), new Payloads(payloads));
        IkeKeys.Seed seed = new IkeKeys.Seed(request.nonce, nonce, spiI, spiR);
        IkeKeys keys = IkeKeys.initial(context.crypto(), chosen.suite(), seed, shared);
        IkeSa.Facts facts = new IkeSa.Facts(spiR, spiI, false, chosen.suite(), features.fragmentation(), 1);
        IkeSa sa = context.newSa(facts, keys);
        return new Outcome.Accept(
                new Transcript(false, request.message, message, request.nonce, nonce, features, sa), message);
    }

    private static Outcome refuse(IkeHeader request, Notify why) {
        return new Outcome.Refuse(stateless(request, why));
    }

    /** An answer that leaves nothing behind; the responder's SPI stays 0. */
    static byte[] stateless(IkeHeader request, Notify notify) {
        return IkeMessageCodec.encode(response(request, 0), Payloads.of(notify));
    }

    /** The header of an answer in the clear, of the exchange that was asked in. */
    static IkeHeader response(IkeHeader request, long spiR) {
        return new IkeHeader(
                request.initiatorSpi(), spiR, 0, IkeHeader.VERSION_2_0, request.exchange(), IkeHeader.FLAG_RESPONSE, 0);
    }
}
