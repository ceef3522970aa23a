// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * Our CREATE_CHILD_SA that replaces the IKE SA (RFC 7296 section 1.3.2), and a {@link FollowUpSeries} behind it when the
 * suite is hybrid.
 */
final class IkeRekey implements Exchange {

    private final IkeContext context;
    private final IkeSession session;
    private final Rekeying rekeying;
    private final IkeSa old;
    private final long spi;
    private final byte[] nonce;
    private final List<Proposal> proposals;
    private final KeyAgreement agreement;

    IkeRekey(IkeContext context, IkeSession session, Rekeying rekeying) {
        this.context = context;
        this.session = session;
        this.rekeying = rekeying;
        old = session.current();
        spi = context.newIkeSpi();
        nonce = context.newNonce();
        byte[] spiBytes = new WireWriter(8).i64(spi).toByteArray();
        proposals = Proposals.ike(context.settings().suite(), old.suite().isHybrid(), spiBytes);
        // The method that worked before, so that INVALID_KE_PAYLOAD is not to be expected.
        agreement = context.crypto().keyAgreement(old.suite().keyMethod());
    }

    IkeSa old() {
        return old;
    }

    @Override
    public int type() {
        return ExchangeType.CREATE_CHILD_SA;
    }

    @Override
    public boolean isStale() {
        return old != session.current();
    }

    @Override
    public Payloads request() {
        return Payloads.of(
                new SecurityAssociation(proposals),
                new Nonce(nonce),
                new KeyExchange(Algorithms.transformId(agreement.method()), agreement.publicValue()));
    }

    @Override
    public void onResponse(IkeSa.Incoming incoming) {
        Payloads payloads = incoming.payloads().orElse(Payloads.of());
        Optional<SecurityAssociation> sa = payloads.first(SecurityAssociation.class);
        Optional<Nonce> peerNonce = payloads.first(Nonce.class);
        Optional<KeyExchange> ke = payloads.first(KeyExchange.class);
        Optional<IkeSuite> suite = sa.flatMap(s -> Proposals.acceptIke(s.proposals(), proposals));
        if (suite.isEmpty() || peerNonce.isEmpty() || ke.isEmpty()) {
            rekeying.onIkeRefused(this, payloads.error().map(Notify::notifyType).orElse(NotifyType.INVALID_SYNTAX));
            return;
        }
        byte[] peerSpi = sa.orElseThrow().proposals().getFirst().spi();
        boolean fits = peerSpi.length == 8
                && ke.orElseThrow().method() == Algorithms.transformId(agreement.method())
                && suite.orElseThrow().keyMethod() == agreement.method();
        if (!fits) {
            rekeying.onIkeRefused(this, NotifyType.INVALID_SYNTAX);
            return;
        }
        Result result = new Result(
                suite.orElseThrow(),
                ByteBuffer.wrap(peerSpi).getLong(),
                peerNonce.orElseThrow().data(),
                payloads);
        RekeyArbiter.Nonces nonces = new RekeyArbiter.Nonces(nonce, result.peerNonce);
        if (result.suite.isHybrid() && rekeying.losesAgainstPeer(nonces)) {
            rekeying.onIkeLost(this); // nothing exists yet on either side, so nothing is to be deleted
            return;
        }
        try {
            SecretBytes first = agreement.finish(ke.orElseThrow().data());
            new FollowUpSeries(context, session, old, result.suite.additional(), List.of(first), end(result))
                    .proceed(payloads);
        } catch (MalformedException _) {
            rekeying.onIkeRefused(this, NotifyType.INVALID_SYNTAX);
        }
    }

    private record Result(IkeSuite suite, long peerSpi, byte[] peerNonce, Payloads answer) {}

    private FollowUpSeries.End end(Result result) {
        return new FollowUpSeries.End() {
            @Override
            public void complete(List<SecretBytes> all) {
                finish(result, all);
            }

            @Override
            public void refused(int error) {
                rekeying.onIkeRefused(IkeRekey.this, error);
            }

            @Override
            public void abandoned() {
                rekeying.onIkeLost(IkeRekey.this);
            }
        };
    }

    private void finish(Result result, List<SecretBytes> shared) {
        IkeKeys.Seed seed = new IkeKeys.Seed(nonce, result.peerNonce, spi, result.peerSpi);
        IkeKeys keys = old.keys().successor(context.crypto(), result.suite, seed, shared);
        IkeSa.Facts facts = new IkeSa.Facts(
                spi, result.peerSpi, true, result.suite, session.features().fragmentation(), 0);
        IkeSa fresh = context.newSa(facts, keys);
        fresh.keepCrashToken(result.answer);
        rekeying.onIkeReplaced(old, fresh, new RekeyArbiter.Nonces(nonce, result.peerNonce));
    }

    @Override
    public void onAbandoned() {
        rekeying.onIkeLost(this);
    }
}
