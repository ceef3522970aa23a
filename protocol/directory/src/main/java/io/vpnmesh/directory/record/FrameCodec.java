// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import io.vpnmesh.directory.cbor.CoseSign1;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Signed frames: made with a directory key, believed only by the rules of {@link #verify}. */
public final class FrameCodec {

    static final String CONTENT_TYPE = "vpnmesh-frame/1";

    private static final int CLUSTER = 1;
    private static final int SEQUENCE = 2;
    private static final int PREVIOUS = 3;
    private static final int TIME = 4;
    private static final int RECORDS = 5;
    private static final int WITHDRAWALS = 6;

    /** Of one frame; a cluster of 10,000 pods fits a snapshot with room. */
    private static final int MAX_RECORDS = 32 * 1024;

    private FrameCodec() {}

    /**
     * Signs a frame.
     *
     * @param signer a directory key: its certificate has the role DIRECTORY and is of the frame's cluster
     */
    public static byte[] encode(Frame frame, Signer signer) {
        return signer.sign(
                CONTENT_TYPE,
                CborMap.builder()
                        .put(CLUSTER, frame.cluster().bytes())
                        .put(SEQUENCE, frame.sequence())
                        .put(PREVIOUS, frame.previousSequence())
                        .put(TIME, frame.time().getEpochSecond())
                        .putUnlessEmpty(
                                RECORDS,
                                frame.records().stream()
                                        .<CborValue>map(RecordCbor::write)
                                        .toList())
                        .putUnlessEmpty(
                                WITHDRAWALS,
                                frame.withdrawals().stream()
                                        .map(FrameCodec::withdrawal)
                                        .toList())
                        .build());
    }

    /**
     * Believes a frame only if its chain is valid, its signer is a directory of the frame's own cluster, and every
     * record's addresses and identity belong to that cluster.
     */
    public static Checked<Frame> verify(byte[] bytes, CertificateVerifier verifier, Instant now) {
        try {
            CoseSign1 signed = CoseSign1.decode(bytes);
            if (!signed.contentType().equals(CONTENT_TYPE)) {
                return new Checked.Refused<>("content type is " + signed.contentType() + ", not " + CONTENT_TYPE);
            }
            return switch (verifier.verify(signed.chainDer(), now)) {
                case Verdict.Refused refused -> new Checked.Refused<>(refused.reason() + ": " + refused.message());
                case Verdict.Trusted trusted -> verify(signed, trusted);
            };
        } catch (MalformedException e) {
            return new Checked.Refused<>(e.getMessage());
        }
    }

    private static Checked<Frame> verify(CoseSign1 signed, Verdict.Trusted signer) throws MalformedException {
        NodeIdentity identity = signer.identity();
        if (identity.role() != NodeRole.DIRECTORY) {
            return new Checked.Refused<>("signed by a " + identity.role() + ", not by a directory");
        }
        if (!signed.isSignedBy(signer.leaf().getPublicKey())) {
            return new Checked.Refused<>("the signature does not fit");
        }
        Frame frame = CborValue.guarded("frame", Cbor.decode(signed.payload()), FrameCodec::read);
        if (!frame.cluster().equals(identity.cluster())) {
            return new Checked.Refused<>(
                    "cluster " + identity.cluster() + " signed a frame of cluster " + frame.cluster());
        }
        for (PeerRecord peer : frame.records()) {
            Optional<String> problem = foreign(peer, identity, signer.clusterPrefixes());
            if (problem.isPresent()) {
                return new Checked.Refused<>("record of node " + peer.node() + ": " + problem.get());
            }
        }
        return new Checked.Valid<>(frame);
    }

    private static Optional<String> foreign(PeerRecord peer, NodeIdentity signer, List<Cidr> prefixes) {
        for (IpAddress address : peer.addresses()) {
            if (prefixes.stream().noneMatch(prefix -> prefix.contains(address))) {
                return Optional.of("address " + address + " is outside the cluster's prefixes " + prefixes);
            }
        }
        String trustDomain = "spiffe://" + signer.domain().suffix() + "/";
        if (!peer.identity().startsWith(trustDomain)) {
            return Optional.of("identity " + peer.identity() + " is outside " + trustDomain);
        }
        return Optional.empty();
    }

    private static CborValue withdrawal(Withdrawal withdrawal) {
        return new CborValue.Array(
                List.of(CborValue.of(withdrawal.node().bytes()), CborValue.of(withdrawal.generation())));
    }

    private static Frame read(CborValue value) throws MalformedException {
        CborMap map = value.asMap("frame");
        Frame frame = new Frame(
                ClusterId.of(map.need(CLUSTER, "cluster id").asBytes("cluster id", ClusterId.LENGTH_BYTES)),
                map.need(SEQUENCE, "sequence").asInt("sequence", 1, Long.MAX_VALUE),
                map.need(PREVIOUS, "previous sequence").asInt("previous sequence", 0, Long.MAX_VALUE),
                Instant.ofEpochSecond(map.need(TIME, "time").asInt("time", 0, 1L << 40)),
                map.get(RECORDS).isEmpty()
                        ? List.of()
                        : map.need(RECORDS, "records").asList("records", MAX_RECORDS, RecordCbor::read),
                map.get(WITHDRAWALS).isEmpty()
                        ? List.of()
                        : map.need(WITHDRAWALS, "withdrawals")
                                .asList("withdrawals", MAX_RECORDS, FrameCodec::readWithdrawal));
        refuseDoubles(frame);
        return frame;
    }

    private static void refuseDoubles(Frame frame) throws MalformedException {
        Set<Object> seen = new HashSet<>();
        for (PeerRecord peer : frame.records()) {
            boolean fresh = seen.add(peer.node());
            for (IpAddress address : peer.addresses()) {
                fresh &= seen.add(address);
            }
            if (!fresh) {
                throw new MalformedException(0, "frame", "names a node or an address twice: " + peer.node());
            }
        }
    }

    private static Withdrawal readWithdrawal(CborValue item) throws MalformedException {
        List<CborValue> pair = item.asArray("withdrawal", 2);
        if (pair.size() != 2) {
            throw new MalformedException(0, "withdrawal", "is not [node id, generation]");
        }
        return new Withdrawal(
                RecordCbor.node(pair.get(0)), pair.get(1).asInt("generation", 0, NodeIdentity.MAX_GENERATION));
    }
}
