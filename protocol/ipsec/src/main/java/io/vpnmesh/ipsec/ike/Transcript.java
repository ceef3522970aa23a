// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.IkePayload.Identification;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What both sides of IKE_SA_INIT … IKE_AUTH collect on the way: the transcript that AUTH covers, the keys, and what the
 * peer can do. Mutable, owned by one handshake and read once more by its session.
 */
final class Transcript {

    private final boolean initiator;
    private final byte[] initRequest;
    private final byte[] initResponse;
    private final byte[] nonceI;
    private final byte[] nonceR;
    private final PeerFeatures features;
    private final IkeSa sa;
    private byte[] intermediateI = new byte[0];
    private byte[] intermediateR = new byte[0];
    private boolean hadIntermediate;
    private int authMessageId;
    private @Nullable Resumption resumed;

    Transcript(
            boolean initiator,
            byte[] initRequest,
            byte[] initResponse,
            byte[] nonceI,
            byte[] nonceR,
            PeerFeatures features,
            IkeSa sa) {
        this.initiator = initiator;
        this.initRequest = initRequest;
        this.initResponse = initResponse;
        this.nonceI = nonceI;
        this.nonceR = nonceR;
        this.features = features;
        this.sa = sa;
    }

    /** Keys and identities come from a ticket: AUTH proves the keys, and nothing is signed. */
    void resumes(Resumption resumption) {
        resumed = resumption;
    }

    Optional<Resumption> resumed() {
        return Optional.ofNullable(resumed);
    }

    IkeSa sa() {
        return sa;
    }

    PeerFeatures features() {
        return features;
    }

    byte[] nonceI() {
        return nonceI;
    }

    byte[] nonceR() {
        return nonceR;
    }

    IkeKeys.Seed seed() {
        return new IkeKeys.Seed(nonceI, nonceR, sa.initiatorSpi(), sa.responderSpi());
    }

    /** Adds one IKE_INTERMEDIATE message, with the keys that protected it (RFC 9242 section 3.3.2). */
    void addIntermediate(boolean ofInitiator, byte[] content) {
        hadIntermediate = true;
        byte[] key = sa.keys().authentication(ofInitiator).expose();
        if (ofInitiator) {
            intermediateI = sa.keys().prf().apply(key, intermediateI, content);
        } else {
            intermediateR = sa.keys().prf().apply(key, intermediateR, content);
        }
    }

    /** The message id of the first IKE_AUTH request, the last part of IntAuth. */
    void authMessageId(int id) {
        authMessageId = id;
    }

    /** Replaces the keys after an additional key exchange. */
    void strengthen(SecretBytes shared) {
        try (shared) {
            sa.strengthen(sa.keys().strengthened(sa.suite(), seed(), shared));
        }
    }

    /** What the initiator, or else the responder, signs. */
    PeerAuthenticator.SignedOctets signedOctets(boolean ofInitiator, Identification id) {
        byte[] intAuth = hadIntermediate
                ? new WireWriter(132)
                        .bytes(intermediateI)
                        .bytes(intermediateR)
                        .i32(authMessageId)
                        .toByteArray()
                : new byte[0];
        return PeerAuthenticator.SignedOctets.of(
                ofInitiator ? initRequest : initResponse,
                ofInitiator ? nonceR : nonceI,
                sa.keys().prf(),
                sa.keys().authentication(ofInitiator),
                id,
                intAuth);
    }

    /** Our own AUTH; empty when the peer accepts no hash that fits our key. */
    Optional<IkePayload.Authentication> prove(IkeContext context, Identification id) {
        PeerAuthenticator.SignedOctets octets = signedOctets(initiator, id);
        return resumed == null
                ? new PeerAuthenticator(context.crypto())
                        .sign(context.identity().key(), features.hashes(), octets)
                : Optional.of(PeerAuthenticator.mac(sa.keys().prf(), sa.keys().authentication(initiator), octets));
    }

    boolean isInitiator() {
        return initiator;
    }

    /**
     * The notifies that both sides put into IKE_SA_INIT.
     *
     * @param intermediate whether IKE_INTERMEDIATE is offered, or will be used (RFC 9242 section 3.1)
     */
    static List<IkePayload> initNotifies(IkeContext context, long spiI, long spiR, PeerRef peer, boolean intermediate) {
        List<IkePayload> notifies = new ArrayList<>(natDetection(context, spiI, spiR, peer));
        notifies.add(new Notify(NotifyType.FRAGMENTATION_SUPPORTED));
        WireWriter hashes = new WireWriter(8);
        for (int hash : PeerFeatures.OUR_HASHES) {
            hashes.u16(hash);
        }
        notifies.add(new Notify(NotifyType.SIGNATURE_HASH_ALGORITHMS, hashes.toByteArray()));
        if (intermediate) {
            notifies.add(new Notify(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED));
        }
        return notifies;
    }

    /** NAT detection of RFC 7296 section 2.23, in IKE_SA_INIT and for MOBIKE. */
    static List<IkePayload> natDetection(IkeContext context, long spiI, long spiR, PeerRef peer) {
        Endpoint remote = peer instanceof PeerRef.Direct direct ? direct.remote() : Endpoint.UNSPECIFIED;
        // The source is always hashed over the zero address: the peer then sees a NAT and encapsulates in UDP.
        byte[] source = context.natDetection(spiI, spiR, Endpoint.UNSPECIFIED);
        byte[] destination = context.natDetection(spiI, spiR, remote);
        return List.of(
                new Notify(NotifyType.NAT_DETECTION_SOURCE_IP, source),
                new Notify(NotifyType.NAT_DETECTION_DESTINATION_IP, destination));
    }

    /** What both sides tell each other beside AUTH, once the peer's Vendor ID was seen. */
    static List<IkePayload> ownNotifies(IkeContext context, String pathCheckId) {
        byte[] epoch =
                ByteBuffer.allocate(8).putLong(context.settings().bootEpoch()).array();
        byte[] capabilities = ByteBuffer.allocate(8)
                .putLong(context.settings().capabilities())
                .array();
        return List.of(
                new Notify(NotifyType.BOOT_EPOCH, epoch),
                new Notify(NotifyType.PATHCHECK_ID, pathCheckId.getBytes(StandardCharsets.US_ASCII)),
                new Notify(NotifyType.CAPABILITIES, capabilities));
    }

    /** The exchange that follows IKE_SA_INIT. */
    int nextExchange() {
        return sa.suite().isHybrid() && !hadIntermediate && resumed == null
                ? ExchangeType.IKE_INTERMEDIATE
                : ExchangeType.IKE_AUTH;
    }
}
