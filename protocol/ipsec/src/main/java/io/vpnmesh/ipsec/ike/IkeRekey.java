// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Our CREATE_CHILD_SA that replaces the IKE SA (RFC 7296 section 1.3.2), and the IKE_FOLLOWUP_KE exchanges behind it
 * when the suite is hybrid (RFC 9370 section 2.2.4).
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
            rekeying.onIkeRefused();
            return;
        }
        byte[] peerSpi = sa.orElseThrow().proposals().getFirst().spi();
        boolean fits = peerSpi.length == 8
                && ke.orElseThrow().method() == Algorithms.transformId(agreement.method())
                && suite.orElseThrow().keyMethod() == agreement.method();
        if (!fits) {
            rekeying.onIkeRefused();
            return;
        }
        try {
            List<SecretBytes> shared = new ArrayList<>();
            shared.add(agreement.finish(ke.orElseThrow().data()));
            Result result = new Result(
                    suite.orElseThrow(),
                    ByteBuffer.wrap(peerSpi).getLong(),
                    peerNonce.orElseThrow().data(),
                    payloads,
                    shared);
            RekeyArbiter.Nonces nonces = new RekeyArbiter.Nonces(nonce, result.peerNonce);
            if (result.suite.isHybrid() && !rekeying.losesAgainstPeer(nonces)) {
                next(result, payloads, 0);
            } else if (!result.suite.isHybrid()) {
                finish(result);
            } else {
                rekeying.onIkeLost(); // nothing exists yet on either side, so nothing is to be deleted
            }
        } catch (MalformedException _) {
            rekeying.onIkeRefused();
        }
    }

    private record Result(IkeSuite suite, long peerSpi, byte[] peerNonce, Payloads answer, List<SecretBytes> shared) {}

    private void next(Result result, Payloads response, int index) {
        Optional<Notify> link = response.notify(NotifyType.ADDITIONAL_KEY_EXCHANGE);
        if (link.isEmpty()) {
            rekeying.onIkeRefused();
            return;
        }
        if (session.isClosing()) {
            rekeying.onIkeLost(); // without the rest there is no successor that would have to be deleted
            return;
        }
        session.exchanges().send(old, new FollowUp(result, link.orElseThrow().data(), index));
    }

    private void finish(Result result) {
        IkeKeys.Seed seed = new IkeKeys.Seed(nonce, result.peerNonce, spi, result.peerSpi);
        IkeKeys keys = old.keys().successor(context.crypto(), result.suite, seed, result.shared);
        result.shared.forEach(SecretBytes::close);
        IkeSa.Facts facts = new IkeSa.Facts(
                spi, result.peerSpi, true, result.suite, session.features().fragmentation(), 0);
        IkeSa fresh = context.newSa(facts, keys);
        fresh.keepCrashToken(result.answer);
        rekeying.onIkeReplaced(old, fresh, new RekeyArbiter.Nonces(nonce, result.peerNonce));
    }

    @Override
    public void onAbandoned() {
        rekeying.onIkeLost();
    }

    /** One IKE_FOLLOWUP_KE exchange: an additional key exchange, linked to what was agreed before. */
    private final class FollowUp implements Exchange {

        private final Result result;
        private final byte[] link;
        private final int index;
        private final KeyAgreement additional;

        FollowUp(Result result, byte[] link, int index) {
            this.result = result;
            this.link = link;
            this.index = index;
            KeyMethod method = result.suite.additional().get(index);
            additional = context.crypto().keyAgreement(method);
        }

        @Override
        public int type() {
            return ExchangeType.IKE_FOLLOWUP_KE;
        }

        @Override
        public Payloads request() {
            return Payloads.of(
                    new KeyExchange(Algorithms.transformId(additional.method()), additional.publicValue()),
                    new Notify(NotifyType.ADDITIONAL_KEY_EXCHANGE, link));
        }

        @Override
        public void onResponse(IkeSa.Incoming incoming) {
            Payloads payloads = incoming.payloads().orElse(Payloads.of());
            Optional<KeyExchange> ke = payloads.first(KeyExchange.class)
                    .filter(k -> k.method() == Algorithms.transformId(additional.method()));
            if (ke.isEmpty()) {
                rekeying.onIkeRefused();
                return;
            }
            try {
                result.shared.add(additional.finish(ke.orElseThrow().data()));
            } catch (MalformedException _) {
                rekeying.onIkeRefused();
                return;
            }
            if (index + 1 < result.suite.additional().size()) {
                next(result, payloads, index + 1);
            } else {
                finish(result);
            }
        }

        @Override
        public void onAbandoned() {
            rekeying.onIkeLost();
        }
    }
}
