// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Delete;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Answers a peer's requests within a session (RFC 7296 sections 1.3, 1.4, 2.21). */
final class RequestHandler {

    private final IkeContext context;
    private final IkeSession session;
    private final ChildTable children;
    private final Rekeying rekeying;

    RequestHandler(IkeContext context, IkeSession session, ChildTable children, Rekeying rekeying) {
        this.context = context;
        this.session = session;
        this.children = children;
        this.rekeying = rekeying;
    }

    /** Where a request came from and goes back to. */
    record Asker(IkeSa sa, PeerRef from, Endpoint at) {}

    void onRequest(IkeSa sa, IkeSa.Incoming incoming, PeerRef from, Endpoint at) {
        if (rekeying.isAnswering(sa)) {
            return;
        }
        Asker asker = new Asker(sa, from, at);
        int exchange = incoming.header().exchange();
        Optional<Payloads> decoded = incoming.payloads();
        if (decoded.isEmpty()) {
            answer(asker, exchange, new Notify(NotifyType.INVALID_SYNTAX));
            session.terminate("the peer sends malformed requests");
            return;
        }
        Payloads payloads = decoded.orElseThrow();
        Optional<IkePayload.Unknown> critical = payloads.unsupportedCritical();
        if (critical.isPresent()) {
            byte[] type = {(byte) critical.orElseThrow().type()};
            answer(asker, exchange, new Notify(NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD, type));
            return;
        }
        switch (exchange) {
            case ExchangeType.INFORMATIONAL -> informational(asker, payloads);
            case ExchangeType.CREATE_CHILD_SA -> rekeying.onCreateChild(asker, payloads);
            case ExchangeType.IKE_FOLLOWUP_KE -> rekeying.onFollowUp(asker, payloads);
            default -> answer(asker, exchange, new Notify(NotifyType.INVALID_SYNTAX));
        }
    }

    private void informational(Asker asker, Payloads payloads) {
        List<IkePayload> reply = new ArrayList<>();
        String end = "";
        boolean endsChildren = false;
        for (Delete delete : payloads.every(Delete.class)) {
            if (delete.protocol() == TransformType.PROTOCOL_IKE) {
                end = "deleted by the peer";
            } else if (delete.protocol() == TransformType.PROTOCOL_ESP) {
                deleteChildren(delete, reply);
                endsChildren = true;
            }
        }
        for (Notify notify : payloads.every(Notify.class)) {
            if (notify.notifyType() == NotifyType.AUTHENTICATION_FAILED) {
                end = "the peer refuses our identity";
            } else if (notify.notifyType() == NotifyType.COOKIE2) {
                reply.add(notify); // RFC 4555 section 3.8
            } else if (notify.notifyType() == NotifyType.REDIRECT) {
                redirected(notify);
            } else if (session.isOwnPeer() && notify.notifyType() >= NotifyType.FIRST_PRIVATE_STATUS) {
                context.event(new IkeEvent.Notified(session.id(), notify.notifyType(), notify.data()));
            }
        }
        asker.sa.keepCrashToken(payloads);
        if (payloads.has(NotifyType.NAT_DETECTION_SOURCE_IP)) {
            // MOBIKE asks how it is seen from here (RFC 4555 section 3.5); the session has followed already.
            IkeSa sa = asker.sa;
            reply.addAll(Transcript.natDetection(context, sa.initiatorSpi(), sa.responderSpi(), asker.from));
        }
        answer(asker, ExchangeType.INFORMATIONAL, reply.toArray(IkePayload[]::new));
        if (end.isEmpty()) {
            rekeying.onUsed(asker.sa);
        } else if (endsChildren && session.isOwnPeer()) {
            session.terminate(end); // a Delete after a rekey leaves the Child SAs alone, so this is not the end of one
        } else if (asker.sa == session.current() && !session.isClosing()) {
            if (!rekeying.onCurrentDeleted()) {
                session.terminate(end);
            }
        } else {
            session.exchanges().drop(asker.sa);
        }
    }

    // = rfc5685#5
    // # When the client receives this message, it MUST send an empty message as an acknowledgement.
    private void redirected(Notify notify) {
        if (!session.isInitiator()) {
            return; // only a gateway redirects
        }
        try {
            Gateway to = Gateway.Redirect.decode(notify).to();
            context.event(new IkeEvent.Redirected(session.peer(), session.node(), to));
        } catch (MalformedException _) {
            // somewhere that we cannot read is nowhere to go
        }
    }

    /** A Delete names the SPIs that the peer receives on; the answer names those that we did (section 1.4.1). */
    private void deleteChildren(Delete delete, List<IkePayload> reply) {
        List<byte[]> ours = new ArrayList<>();
        for (byte[] spi : delete.spis()) {
            if (spi.length != 4) {
                continue;
            }
            children.byOutbound(ChildNegotiation.spi(spi)).ifPresent(child -> {
                if (rekeying.onChildDeleted(child)) {
                    ours.add(ChildNegotiation.spiBytes(child.sa().inboundSpi()));
                }
            });
        }
        if (!ours.isEmpty()) {
            reply.add(new Delete(TransformType.PROTOCOL_ESP, ours));
        }
    }

    void answer(Asker asker, int exchange, IkePayload... payloads) {
        session.respond(asker.sa, exchange, Payloads.of(payloads), asker.from, asker.at);
    }
}
