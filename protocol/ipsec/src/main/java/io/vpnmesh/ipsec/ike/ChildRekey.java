// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
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
 * Our CREATE_CHILD_SA that replaces a Child SA (RFC 7296 section 1.3.3), and a {@link FollowUpSeries} behind it when the
 * peer chooses additional key exchanges. Keys come from SK_d, which is hybrid where the IKE SA is; a key exchange of the
 * Child SA's own is for peers that want one.
 */
final class ChildRekey implements Exchange {

    private final IkeContext context;
    private final IkeSession session;
    private final ChildRekeying rekeying;
    private final ChildTable.Child old;
    private final IkeSa sa;
    private final byte[] nonce;
    private final @Nullable KeyAgreement agreement;
    private ChildNegotiation.@Nullable Offer offer;

    /** @param agreement the key exchange to offer; null to offer none */
    ChildRekey(
            IkeContext context,
            IkeSession session,
            ChildRekeying rekeying,
            ChildTable.Child old,
            @Nullable KeyAgreement agreement) {
        this.context = context;
        this.session = session;
        this.rekeying = rekeying;
        this.old = old;
        this.agreement = agreement;
        sa = session.current();
        nonce = context.newNonce();
    }

    /** Takes an SPI; false when none is left. */
    boolean prepare() {
        boolean hybrid = context.settings().hybrid() && session.features().intermediate();
        offer = new ChildNegotiation(context)
                .offer(
                        session.peer(),
                        session.isOwnPeer(),
                        old.sa().local(),
                        old.sa().remote())
                .map(o -> agreement == null
                        ? o
                        : o.orWithKeyExchange(context.settings().suite(), hybrid))
                .orElse(null);
        return offer != null;
    }

    /** Whether this exchange is still wanted and belongs to the IKE SA it would be sent on. */
    @Override
    public boolean isStale() {
        return sa != session.current()
                || old.isRetired()
                || old.isDeleting()
                || old.isPeerRekeying()
                || old.successor() != null
                || !old.isInstalled();
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
        if (ours == null) {
            return;
        }
        Payloads payloads = incoming.payloads().orElse(Payloads.of());
        Optional<Nonce> peerNonce = payloads.first(Nonce.class);
        Optional<ChildNegotiation.Agreed> agreed =
                new ChildNegotiation(context).conclude(ours, payloads, PeerClaim.allowed(session.identity()));
        if (peerNonce.isEmpty() || agreed.isEmpty()) {
            refuse(payloads.error().orElse(new Notify(NotifyType.INVALID_SYNTAX)));
            return;
        }
        List<KeyMethod> methods = agreed.orElseThrow().suite().keyMethods();
        var nonces = new RekeyArbiter.Nonces(nonce, peerNonce.orElseThrow().data());
        boolean followedUp = methods.size() > 1;
        if (followedUp && !rekeying.goesOn(old, nonces)) {
            onAbandoned(); // nothing exists yet on either side, so nothing is to be deleted
            return;
        }
        try {
            List<SecretBytes> shared =
                    methods.isEmpty() ? List.of() : List.of(keyExchange(methods.getFirst(), payloads));
            List<KeyMethod> additional = followedUp ? methods.subList(1, methods.size()) : List.of();
            new FollowUpSeries(context, session, sa, additional, shared, end(agreed.orElseThrow(), nonces))
                    .proceed(payloads);
        } catch (MalformedException _) {
            refuse(new Notify(NotifyType.INVALID_SYNTAX));
        }
    }

    private SecretBytes keyExchange(KeyMethod chosen, Payloads payloads) throws MalformedException {
        Optional<KeyExchange> ke = payloads.first(KeyExchange.class);
        if (agreement == null
                || agreement.method() != chosen
                || ke.isEmpty()
                || ke.orElseThrow().method() != Algorithms.transformId(chosen)) {
            throw new MalformedException(0, "key exchange");
        }
        return agreement.finish(ke.orElseThrow().data());
    }

    private FollowUpSeries.End end(ChildNegotiation.Agreed agreed, RekeyArbiter.Nonces nonces) {
        return new FollowUpSeries.End() {
            @Override
            public void complete(List<SecretBytes> all) {
                offer = null;
                ChildSa fresh = new ChildNegotiation(context)
                        .build(session.id(), agreed, sa.keys(), nonces.initiator(), nonces.responder(), all, true);
                rekeying.onReplaced(old, fresh, nonces);
            }

            @Override
            public void refused(int error) {
                refuse(new Notify(error));
            }

            @Override
            public void abandoned() {
                onAbandoned();
            }
        };
    }

    private void refuse(Notify error) {
        free();
        rekeying.onRefused(old, error, agreement == null ? null : agreement.method());
    }

    @Override
    public void onAbandoned() {
        free();
        rekeying.onAbandoned(old);
    }

    private void free() {
        if (offer != null) {
            context.spis().freed(offer.inboundSpi());
            offer = null;
        }
    }
}
