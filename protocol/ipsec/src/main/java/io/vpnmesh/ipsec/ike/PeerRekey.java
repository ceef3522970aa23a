// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.KeyAgreement;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.KeyExchange;
import io.vpnmesh.ipsec.message.IkePayload.Nonce;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.TransformType;
import io.vpnmesh.ipsec.sa.ChildSa;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The peer's CREATE_CHILD_SA requests: makes what they ask for and says what goes into the answer. */
final class PeerRekey {

    private final IkeContext context;
    private final IkeSession session;
    private final ChildTable children;
    private final FollowUps followUps;

    private RekeyArbiter.@Nullable Nonces ikeNonces;
    private @Nullable IkeSa successor;
    private @Nullable ChildSa made;

    PeerRekey(IkeContext context, IkeSession session, ChildTable children) {
        this.context = context;
        this.session = session;
        this.children = children;
        followUps = new FollowUps(context);
    }

    /** The nonces of the peer's rekey of the IKE SA, while that is under way. */
    RekeyArbiter.@Nullable Nonces nonces() {
        return ikeNonces;
    }

    boolean isUnderWay() {
        return ikeNonces != null;
    }

    /** The IKE SA that the peer has made to replace the current one. */
    @Nullable
    IkeSa successor() {
        return successor;
    }

    /** Nothing more will come of the peer's rekey: it is done, or ours has won. */
    void forget() {
        ikeNonces = null;
        successor = null;
        followUps.clear();
    }

    /** Our own rekey of this Child SA has won: the peer will not go on with its own. */
    void forget(ChildTable.Child child) {
        followUps.forget(child);
    }

    void onTimer() {
        followUps.onTimer();
    }

    long nextWakeupNs() {
        return followUps.nextWakeupNs();
    }

    /** The Child SA that the last request has made. */
    Optional<ChildSa> takeMade() {
        ChildSa last = made;
        made = null;
        return Optional.ofNullable(last);
    }

    List<IkePayload> followUp(IkeSa sa, Payloads request) {
        return followUps.answer(sa, request);
    }

    // --- the IKE SA ----------------------------------------------------------------------------------------------

    /** RFC 7296 section 1.3.2; {@code adopt} gets the new IKE SA once all key exchanges are done. */
    List<IkePayload> ike(IkeSa old, Payloads request, Consumer<IkeSa> adopt) {
        Optional<KeyExchange> ke = request.first(KeyExchange.class);
        Optional<Nonce> nonce = request.first(Nonce.class);
        if (ke.isEmpty() || nonce.isEmpty()) {
            return refuse(NotifyType.INVALID_SYNTAX);
        }
        IkeSettings settings = context.settings();
        long spi = context.newIkeSpi();
        boolean hybrid = settings.hybrid() && session.features().intermediate();
        List<Proposal> offered =
                request.first(SecurityAssociation.class).orElseThrow().proposals();
        byte[] spiBytes = new WireWriter(8).i64(spi).toByteArray();
        var chosen = Proposals.chooseIke(offered, Proposals.ike(settings.suite(), hybrid, new byte[0]), spiBytes);
        if (chosen.isEmpty()) {
            return refuse(NotifyType.NO_PROPOSAL_CHOSEN);
        }
        IkeSuite suite = chosen.orElseThrow().suite();
        byte[] peerSpi = chosen.orElseThrow().offered().spi();
        if (peerSpi.length != 8) {
            return refuse(NotifyType.INVALID_SYNTAX);
        }
        if (ke.orElseThrow().method() != Algorithms.transformId(suite.keyMethod())) {
            return wrongMethod(suite.keyMethod());
        }
        byte[] ownNonce = context.newNonce();
        long remoteSpi = ByteBuffer.wrap(peerSpi).getLong();
        IkeKeys.Seed seed = new IkeKeys.Seed(nonce.orElseThrow().data(), ownNonce, remoteSpi, spi);
        List<IkePayload> answer = new ArrayList<>();
        answer.add(new SecurityAssociation(List.of(chosen.orElseThrow().answer())));
        answer.add(new Nonce(ownNonce));
        answer.addAll(context.crashTokens().offer(remoteSpi, spi));
        Consumer<List<SecretBytes>> complete = shared -> {
            IkeKeys keys = old.keys().successor(context.crypto(), suite, seed, shared);
            shared.forEach(SecretBytes::close);
            IkeSa.Facts facts = new IkeSa.Facts(
                    spi, remoteSpi, false, suite, session.features().fragmentation(), 0);
            IkeSa fresh = context.newSa(facts, keys);
            successor = fresh;
            adopt.accept(fresh);
        };
        ikeNonces = new RekeyArbiter.Nonces(seed.nonceI(), seed.nonceR());
        FollowUps.End end = new FollowUps.End(old, Optional.of(old), complete, () -> ikeNonces = null);
        return exchangeKeys(ke.orElseThrow(), suite.keyMethod(), suite.additional(), answer, end);
    }

    /** Adds our key exchange, and either completes at once or remembers what IKE_FOLLOWUP_KE has to add. */
    private List<IkePayload> exchangeKeys(
            KeyExchange ke, KeyMethod method, List<KeyMethod> additional, List<IkePayload> answer, FollowUps.End end) {
        try {
            KeyAgreement.Response response = context.crypto().respond(method, ke.data());
            answer.add(new KeyExchange(Algorithms.transformId(method), response.publicValue()));
            List<SecretBytes> shared = List.of(response.secret());
            if (additional.isEmpty()) {
                end.complete().accept(shared);
            } else {
                answer.add(followUps.remember(additional, shared, end));
            }
            return answer;
        } catch (MalformedException _) {
            end.abandoned().run();
            return refuse(NotifyType.INVALID_SYNTAX);
        }
    }

    // --- Child SAs -----------------------------------------------------------------------------------------------

    /** RFC 7296 sections 1.3.1 and 1.3.3. */
    List<IkePayload> child(IkeSa sa, Payloads request) {
        Optional<Notify> rekeyed = request.notify(NotifyType.REKEY_SA);
        Optional<Nonce> nonce = request.first(Nonce.class);
        if (nonce.isEmpty()) {
            return refuse(NotifyType.INVALID_SYNTAX);
        }
        ChildTable.Child old = null;
        if (rekeyed.isPresent()) {
            byte[] spi = rekeyed.orElseThrow().spi();
            old = spi.length == 4
                    ? children.byOutbound(ChildNegotiation.spi(spi))
                            .filter(c -> !c.isRetired())
                            .orElse(null)
                    : null;
            if (old == null) {
                return List.of(new Notify(TransformType.PROTOCOL_ESP, spi, NotifyType.CHILD_SA_NOT_FOUND, new byte[0]));
            }
            if (old.isDeleting() || old.isFollowedUp() || children.isSucceeded(old)) {
                return refuse(NotifyType.TEMPORARY_FAILURE);
            }
            beginAnew(old);
        }
        ChildNegotiation negotiation = new ChildNegotiation(context);
        return switch (negotiation.answer(
                request, session.peer(), session.isOwnPeer(), PeerClaim.allowed(session.identity()))) {
            case ChildNegotiation.Answer.Refused refused -> refuse(refused.notifyType());
            case ChildNegotiation.Answer.Accepted accepted ->
                accept(sa, request, nonce.orElseThrow().data(), accepted, old);
        };
    }

    /** Nothing has come of the peer's rekey before this one: it has not gone on with it, or not taken our answer. */
    private void beginAnew(ChildTable.Child old) {
        followUps.forget(old);
        ChildSa unwanted = old.successor();
        if (unwanted != null) {
            old.forgetSuccessor();
            children.byInbound(unwanted.inboundSpi()).ifPresent(children::remove);
        }
    }

    private List<IkePayload> accept(
            IkeSa sa,
            Payloads request,
            byte[] peerNonce,
            ChildNegotiation.Answer.Accepted accepted,
            ChildTable.@Nullable Child old) {
        byte[] nonce = context.newNonce();
        List<KeyMethod> methods = accepted.agreed().suite().keyMethods();
        List<IkePayload> answer = new ArrayList<>();
        answer.add(accepted.sa());
        answer.add(new Nonce(nonce));
        Consumer<List<SecretBytes>> complete = shared -> {
            ChildSa fresh = new ChildNegotiation(context)
                    .build(session.id(), accepted.agreed(), sa.keys(), peerNonce, nonce, shared, false);
            shared.forEach(SecretBytes::close);
            if (old != null && old.isInstalled()) {
                old.successor(fresh, new RekeyArbiter.Nonces(peerNonce, nonce));
            }
            children.install(fresh);
            made = fresh;
        };
        Runnable abandoned = () -> {
            context.spis().freed(accepted.agreed().inboundSpi());
            if (old != null) {
                old.peerGaveUp();
            }
        };
        FollowUps.End end = new FollowUps.End(sa, Optional.ofNullable(old), complete, abandoned);
        if (methods.isEmpty()) {
            complete.accept(List.of());
        } else {
            Optional<KeyExchange> ke = request.first(KeyExchange.class)
                    .filter(k -> k.method() == Algorithms.transformId(methods.getFirst()));
            if (ke.isEmpty()) {
                context.spis().freed(accepted.agreed().inboundSpi());
                return wrongMethod(methods.getFirst());
            }
            if (methods.size() > 1 && old != null) {
                old.peerRekeys(new RekeyArbiter.Nonces(peerNonce, nonce));
            }
            List<IkePayload> exchanged =
                    exchangeKeys(ke.orElseThrow(), methods.getFirst(), methods.subList(1, methods.size()), answer, end);
            if (exchanged != answer) {
                return exchanged;
            }
        }
        answer.addAll(accepted.selectors());
        return answer;
    }

    private static List<IkePayload> refuse(int notifyType) {
        return List.of(new Notify(notifyType));
    }

    private static List<IkePayload> wrongMethod(KeyMethod wanted) {
        byte[] id = new WireWriter(2).u16(Algorithms.transformId(wanted)).toByteArray();
        return List.of(new Notify(NotifyType.INVALID_KE_PAYLOAD, id));
    }
}
