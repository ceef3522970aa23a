// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Our CREATE_CHILD_SA that replaces a Child SA (RFC 7296 section 1.3.3). Keys come from SK_d, which is hybrid where the
 * IKE SA is; a peer that insists on a key exchange for each Child SA gets one at the second attempt.
 */
final class ChildRekey implements Exchange {

    private final IkeContext context;
    private final IkeSession session;
    private final Rekeying rekeying;
    private final ChildTable.Child old;
    private final IkeSa sa;
    private final byte[] nonce;
    private final @Nullable KeyAgreement agreement;
    private ChildNegotiation.@Nullable Offer offer;

    /** @param withKeyExchange for forward secrecy of this Child SA alone, because the peer wants it */
    ChildRekey(
            IkeContext context, IkeSession session, Rekeying rekeying, ChildTable.Child old, boolean withKeyExchange) {
        this.context = context;
        this.session = session;
        this.rekeying = rekeying;
        this.old = old;
        sa = session.current();
        nonce = context.newNonce();
        agreement = withKeyExchange
                ? context.crypto()
                        .keyAgreement(Proposals.firstMethod(context.settings().suite()))
                : null;
    }

    ChildTable.Child old() {
        return old;
    }

    /** Takes an SPI; false when none is left. */
    boolean prepare() {
        offer = new ChildNegotiation(context)
                .offer(
                        session.peer(),
                        session.isOwnPeer(),
                        old.sa().local(),
                        old.sa().remote())
                .map(o -> agreement == null ? o : o.withKeyExchange(agreement.method()))
                .orElse(null);
        return offer != null;
    }

    /** Whether this exchange is still wanted and belongs to the IKE SA it would be sent on. */
    @Override
    public boolean isStale() {
        return sa != session.current() || old.isRetired() || old.successor() != null || !old.isInstalled();
    }

    @Override
    public int type() {
        return ExchangeType.CREATE_CHILD_SA;
    }

    @Override
    public Payloads request() {
        ChildNegotiation.Offer ours = offer;
        if (ours == null) {
            throw new IllegalStateException("not prepared");
        }
        List<IkePayload> payloads = new ArrayList<>();
        byte[] spi = ChildNegotiation.spiBytes(old.sa().inboundSpi());
        payloads.add(new Notify(TransformType.PROTOCOL_ESP, spi, NotifyType.REKEY_SA, new byte[0]));
        payloads.add(ours.sa());
        payloads.add(new Nonce(nonce));
        if (agreement != null) {
            payloads.add(new KeyExchange(Algorithms.transformId(agreement.method()), agreement.publicValue()));
        }
        payloads.addAll(ours.selectors());
        return new Payloads(payloads);
    }

    @Override
    public void onResponse(IkeSa.Incoming incoming) {
        ChildNegotiation.Offer ours = offer;
        offer = null;
        if (ours == null) {
            return;
        }
        Optional<Payloads> payloads = incoming.payloads();
        Optional<ChildSa> child = payloads.flatMap(p -> conclude(ours, p));
        if (child.isPresent()) {
            byte[] peerNonce =
                    payloads.orElseThrow().first(Nonce.class).orElseThrow().data();
            rekeying.onChildReplaced(old, child.orElseThrow(), new RekeyArbiter.Nonces(nonce, peerNonce));
            return;
        }
        context.spis().freed(ours.inboundSpi());
        int error = payloads.flatMap(Payloads::error).map(Notify::notifyType).orElse(NotifyType.INVALID_SYNTAX);
        rekeying.onChildRefused(old, error, agreement != null);
    }

    private Optional<ChildSa> conclude(ChildNegotiation.Offer ours, Payloads payloads) {
        Optional<Nonce> peerNonce = payloads.first(Nonce.class);
        if (peerNonce.isEmpty()) {
            return Optional.empty();
        }
        ChildNegotiation children = new ChildNegotiation(context);
        Optional<ChildNegotiation.Agreed> agreed =
                children.conclude(ours, payloads, PeerClaim.allowed(session.identity()));
        Optional<List<SecretBytes>> shared = shared(payloads);
        if (agreed.isEmpty() || shared.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(children.build(
                session.id(),
                agreed.orElseThrow(),
                sa.keys(),
                nonce,
                peerNonce.orElseThrow().data(),
                shared.orElseThrow(),
                true));
    }

    private Optional<List<SecretBytes>> shared(Payloads payloads) {
        if (agreement == null) {
            return Optional.of(List.of());
        }
        Optional<KeyExchange> ke = payloads.first(KeyExchange.class);
        if (ke.isEmpty() || ke.orElseThrow().method() != Algorithms.transformId(agreement.method())) {
            return Optional.empty();
        }
        try {
            return Optional.of(List.of(agreement.finish(ke.orElseThrow().data())));
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    @Override
    public void onAbandoned() {
        if (old.isInstalled() && !old.isRetired() && old.successor() == null) {
            old.retryAt(context.nowNs() + Rekeying.RETRY_NS);
        }
        if (offer != null) {
            context.spis().freed(offer.inboundSpi());
            offer = null;
        }
    }
}
