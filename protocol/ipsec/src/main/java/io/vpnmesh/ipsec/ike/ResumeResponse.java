// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The responder's IKE_SESSION_RESUME (RFC 5723 section 4.3.2): opens the ticket, and makes keys from what it holds. */
final class ResumeResponse {

    private final IkeContext context;

    ResumeResponse(IkeContext context) {
        this.context = context;
    }

    InitResponse.Outcome answer(InitResponse.Request request, PeerRef peer) {
        Optional<Resumption> opened = request.payloads()
                .notify(NotifyType.TICKET_OPAQUE)
                .flatMap(n -> context.tickets().open(n.data(), context.wallMs()));
        if (opened.isEmpty() || request.payloads().unsupportedCritical().isPresent()) {
            // = rfc5723#4.3.2
            // # the responder MUST respond with a TICKET_NACK Notify payload
            return new InitResponse.Outcome.Refuse(
                    InitResponse.stateless(request.header(), new Notify(NotifyType.TICKET_NACK)));
        }
        Resumption resumption = opened.orElseThrow();
        PeerFeatures features = PeerFeatures.of(
                request.payloads(), context.settings().extensions().meshPeer());
        long spiI = request.header().initiatorSpi();
        long spiR = context.newIkeSpi();
        byte[] nonce = context.newNonce();
        List<IkePayload> payloads = new ArrayList<>();
        payloads.add(new Nonce(nonce));
        payloads.addAll(Transcript.initNotifies(
                context, spiI, spiR, peer, context.settings().hybrid()));
        if (features.ownPeer()) {
            payloads.addAll(PeerFeatures.vendorId(context));
        }
        byte[] message = IkeMessageCodec.encode(InitResponse.response(request.header(), spiR), new Payloads(payloads));
        IkeKeys.Seed seed = new IkeKeys.Seed(request.nonce(), nonce, spiI, spiR);
        IkeKeys keys = IkeKeys.resumed(context.crypto(), resumption.suite(), seed, resumption.skD());
        resumption.close(); // its key has made the new ones; who the peer was is still needed
        IkeSa.Facts facts = new IkeSa.Facts(spiR, spiI, false, resumption.suite(), features.fragmentation(), 1);
        Transcript transcript = new Transcript(
                false, request.message(), message, request.nonce(), nonce, features, context.newSa(facts, keys));
        transcript.resumes(resumption);
        return new InitResponse.Outcome.Accept(transcript, message);
    }
}
