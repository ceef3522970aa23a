// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.SecurityAssociation;
import io.vpnmesh.ipsec.message.IkePayload.TrafficSelectors;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.ipsec.sa.SaLifetime;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** What is said about one Child SA inside IKE_AUTH or CREATE_CHILD_SA, and the SA that comes of it. */
final class ChildNegotiation {

    private static final int SALT = 4;

    private final IkeContext context;

    ChildNegotiation(IkeContext context) {
        this.context = context;
    }

    /** Our side of an exchange that we start. */
    record Offer(int inboundSpi, List<Proposal> proposals, List<TrafficSelector> local, List<TrafficSelector> remote) {

        /** The same, or else with a key exchange of its own; the peer chooses. */
        Offer orWithKeyExchange(SuiteName suite, boolean hybrid) {
            return new Offer(
                    inboundSpi, Proposals.espOrWithKeyExchange(suite, hybrid, proposals.getFirst()), local, remote);
        }

        List<IkePayload> payloads() {
            return List.of(sa(), selectors().getFirst(), selectors().getLast());
        }

        IkePayload sa() {
            return new SecurityAssociation(proposals);
        }

        List<IkePayload> selectors() {
            return List.of(new TrafficSelectors(true, local), new TrafficSelectors(false, remote));
        }
    }

    /**
     * Both sides agree; the selectors are ours and the peer's, whoever asked.
     *
     * @param flowPadding false if the peer said ESP_TFC_PADDING_NOT_SUPPORTED
     */
    record Agreed(
            EspSuite suite,
            int inboundSpi,
            int outboundSpi,
            List<TrafficSelector> local,
            List<TrafficSelector> remote,
            boolean flowPadding) {}

    /** A responder's verdict. */
    sealed interface Answer {
        /** {@code sa} and {@code selectors} go into the response. */
        record Accepted(Agreed agreed, IkePayload sa, List<IkePayload> selectors) implements Answer {}

        record Refused(int notifyType) implements Answer {}
    }

    /** Takes an SPI and offers it; empty when no SPI is left. */
    Optional<Offer> offer(PeerRef peer, boolean ownPeer, List<TrafficSelector> local, List<TrafficSelector> remote) {
        var spi = context.spis().takeInboundSpi(peer);
        if (spi.isEmpty()) {
            return Optional.empty();
        }
        List<Proposal> proposals = Proposals.esp(context.settings().suite(), ownPeer, spiBytes(spi.getAsInt()));
        return Optional.of(new Offer(spi.getAsInt(), proposals, local, remote));
    }

    /**
     * Answers a peer that asks for a Child SA.
     *
     * @param allowedRemote the addresses in the peer's certificate
     */
    Answer answer(Payloads request, PeerRef peer, boolean ownPeer, List<Cidr> allowedRemote) {
        var sa = request.first(SecurityAssociation.class);
        var asked = request.selectors(true);
        var askedOfUs = request.selectors(false);
        if (sa.isEmpty() || asked.isEmpty() || askedOfUs.isEmpty()) {
            return new Answer.Refused(NotifyType.INVALID_SYNTAX);
        }
        List<TrafficSelector> remote = Narrowing.narrow(asked.orElseThrow().selectors(), allowedRemote);
        List<TrafficSelector> local = Narrowing.narrow(
                askedOfUs.orElseThrow().selectors(), context.identity().addresses());
        if (remote.isEmpty() || local.isEmpty()) {
            return new Answer.Refused(NotifyType.TS_UNACCEPTABLE);
        }
        List<Proposal> offered = sa.orElseThrow().proposals();
        List<Proposal> ours = Proposals.espAccepted(context.settings().suite(), ownPeer);
        if (Proposals.chooseEsp(offered, ours, new byte[4]).isEmpty()) {
            return new Answer.Refused(NotifyType.NO_PROPOSAL_CHOSEN);
        }
        var spi = context.spis().takeInboundSpi(peer);
        if (spi.isEmpty()) {
            return new Answer.Refused(NotifyType.NO_ADDITIONAL_SAS);
        }
        var chosen =
                Proposals.chooseEsp(offered, ours, spiBytes(spi.getAsInt())).orElseThrow();
        int outbound = spi(chosen.offered().spi());
        Agreed agreed = new Agreed(chosen.suite(), spi.getAsInt(), outbound, local, remote, takesFlowPadding(request));
        return new Answer.Accepted(
                agreed,
                new SecurityAssociation(List.of(chosen.answer())),
                List.of(new TrafficSelectors(true, remote), new TrafficSelectors(false, local)));
    }

    /** Judges the response to our offer; empty if it goes beyond what was offered or allowed. */
    Optional<Agreed> conclude(Offer offer, Payloads response, List<Cidr> allowedRemote) {
        var sa = response.first(SecurityAssociation.class);
        var ours = response.selectors(true);
        var theirs = response.selectors(false);
        if (sa.isEmpty() || ours.isEmpty() || theirs.isEmpty()) {
            return Optional.empty();
        }
        List<Proposal> answer = sa.orElseThrow().proposals();
        List<TrafficSelector> local = ours.orElseThrow().selectors();
        List<TrafficSelector> remote = Narrowing.narrow(theirs.orElseThrow().selectors(), allowedRemote);
        if (!Narrowing.isWithin(local, offer.local)
                || !Narrowing.isWithin(theirs.orElseThrow().selectors(), offer.remote)
                || remote.isEmpty()
                || answer.getFirst().spi().length != 4) {
            return Optional.empty();
        }
        return Proposals.acceptEsp(answer, offer.proposals)
                .map(suite -> new Agreed(
                        suite,
                        offer.inboundSpi,
                        spi(answer.getFirst().spi()),
                        local,
                        remote,
                        takesFlowPadding(response)));
    }

    // = rfc7296#1.3.1
    // # This notification asserts that the sending endpoint will not accept packets that contain Traffic Flow
    // # Confidentiality (TFC) padding over the Child SA being negotiated.
    private static boolean takesFlowPadding(Payloads payloads) {
        return !payloads.has(NotifyType.ESP_TFC_PADDING_NOT_SUPPORTED);
    }

    /**
     * The SA itself (RFC 7296 section 2.17): keys of the direction initiator to responder come first.
     *
     * @param initiator whether we started the exchange
     */
    ChildSa build(
            long session,
            Agreed agreed,
            IkeKeys keys,
            byte[] nonceI,
            byte[] nonceR,
            List<SecretBytes> shared,
            boolean initiator) {
        EspSuite suite = agreed.suite;
        int length = suite.aead().keyLength() + SALT;
        SaLifetime configured = context.settings().childLifetime();
        SaLifetime lifetime = suite.esn() ? configured : configured.withoutEsn();
        try (SecretBytes material = keys.childKeyMaterial(nonceI, nonceR, shared, 2 * length);
                SecretBytes outward = material.slice(initiator ? 0 : length, initiator ? length : 2 * length);
                SecretBytes inward = material.slice(initiator ? length : 0, initiator ? 2 * length : length);
                SecretBytes outKey = outward.slice(0, length - SALT);
                SecretBytes outSalt = outward.slice(length - SALT, length);
                SecretBytes inKey = inward.slice(0, length - SALT);
                SecretBytes inSalt = inward.slice(length - SALT, length)) {
            EspSealer sealer = new EspSealer(
                    agreed.outboundSpi,
                    context.crypto().packetAead(suite.aead(), outKey),
                    outSalt,
                    suite.esn(),
                    lifetime,
                    agreed.flowPadding);
            EspOpener opener = new EspOpener(
                    agreed.inboundSpi,
                    context.crypto().packetAead(suite.aead(), inKey),
                    inSalt,
                    suite.esn(),
                    new SelectorSet(agreed.remote, agreed.local),
                    context.settings().windowBits());
            return new ChildSa(
                    session,
                    agreed.inboundSpi,
                    agreed.outboundSpi,
                    sealer,
                    opener,
                    agreed.local,
                    agreed.remote,
                    suite.esn(),
                    context.nowNs(),
                    lifetime);
        }
    }

    static byte[] spiBytes(int spi) {
        return ByteBuffer.allocate(4).putInt(spi).array();
    }

    static int spi(byte[] bytes) {
        return ByteBuffer.wrap(bytes).getInt();
    }
}
