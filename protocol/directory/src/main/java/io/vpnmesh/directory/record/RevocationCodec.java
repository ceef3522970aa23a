// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.ClusterConstraints;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import io.vpnmesh.directory.cbor.CoseSign1;
import io.vpnmesh.directory.record.RevocationList.RevokedNode;
import java.math.BigInteger;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Revocation lists, signed by the cluster's intermediate itself. */
public final class RevocationCodec {

    static final String CONTENT_TYPE = "vpnmesh-revocations/1";

    private static final int CLUSTER = 1;
    private static final int NUMBER = 2;
    private static final int TIME = 3;
    private static final int NEXT_UPDATE = 4;
    private static final int NODES = 5;
    private static final int SERIALS = 6;

    private static final int MAX_ITEMS = 32 * 1024;
    private static final int MAX_SERIAL_BYTES = 20; // RFC 5280 section 4.1.2.2

    private RevocationCodec() {}

    /**
     * Signs a list.
     *
     * @param signer the intermediate's key; its chain is the full intermediate alone
     */
    public static byte[] encode(RevocationList list, Signer signer) {
        List<CborValue> nodes = new ArrayList<>();
        for (RevokedNode item : list.nodes()) {
            nodes.add(new CborValue.Array(List.of(CborValue.of(item.node().bytes()), CborValue.of(item.generation()))));
        }
        List<CborValue> serials = new ArrayList<>();
        list.serials().forEach(serial -> serials.add(CborValue.of(unsigned(serial))));
        return signer.sign(
                CONTENT_TYPE,
                CborMap.builder()
                        .put(CLUSTER, list.cluster().bytes())
                        .put(NUMBER, list.number())
                        .put(TIME, list.time().getEpochSecond())
                        .put(NEXT_UPDATE, list.nextUpdate().getEpochSecond())
                        .putUnlessEmpty(NODES, nodes)
                        .putUnlessEmpty(SERIALS, serials)
                        .build());
    }

    /** Believes a list only from the intermediate of the cluster that it is about. */
    public static Checked<RevocationList> verify(byte[] bytes, CertificateVerifier verifier, Instant now) {
        try {
            CoseSign1 signed = CoseSign1.decode(bytes);
            if (!signed.contentType().equals(CONTENT_TYPE) || signed.chainDer().isEmpty()) {
                return new Checked.Refused<>("content type is " + signed.contentType() + ", not " + CONTENT_TYPE);
            }
            X509Certificate intermediate = Pem.certificate(signed.chainDer().getFirst());
            Optional<ClusterConstraints> constraints = verifier.constraints(intermediate, now);
            if (constraints.isEmpty()) {
                return new Checked.Refused<>("not signed by an intermediate of this mesh");
            }
            if (!signed.isSignedBy(intermediate.getPublicKey())) {
                return new Checked.Refused<>("the signature does not fit");
            }
            RevocationList list =
                    CborValue.guarded("revocations", Cbor.decode(signed.payload()), RevocationCodec::read);
            ClusterId signer = constraints.get().domain().cluster();
            if (!list.cluster().equals(signer)) {
                return new Checked.Refused<>("cluster " + signer + " signed a list of cluster " + list.cluster());
            }
            return new Checked.Valid<>(list);
        } catch (MalformedException e) {
            return new Checked.Refused<>(e.getMessage());
        }
    }

    private static RevocationList read(CborValue value) throws MalformedException {
        CborMap map = value.asMap("revocations");
        return new RevocationList(
                ClusterId.of(map.need(CLUSTER, "cluster id").asBytes("cluster id", ClusterId.LENGTH_BYTES)),
                map.need(NUMBER, "number").asInt("number", 0, Long.MAX_VALUE),
                Instant.ofEpochSecond(map.need(TIME, "time").asInt("time", 0, 1L << 40)),
                Instant.ofEpochSecond(map.need(NEXT_UPDATE, "next update").asInt("next update", 0, 1L << 40)),
                map.get(NODES).isEmpty()
                        ? List.of()
                        : map.need(NODES, "nodes").asList("nodes", MAX_ITEMS, RevocationCodec::node),
                map.get(SERIALS).isEmpty()
                        ? List.of()
                        : map.need(SERIALS, "serials").asList("serials", MAX_ITEMS, RevocationCodec::serial));
    }

    private static RevokedNode node(CborValue item) throws MalformedException {
        List<CborValue> pair = item.asArray("revoked node", 2);
        if (pair.size() != 2) {
            throw new MalformedException(0, "revoked node", "is not [node id, generation]");
        }
        return new RevokedNode(
                RecordCbor.node(pair.get(0)), pair.get(1).asInt("generation", 0, NodeIdentity.MAX_GENERATION));
    }

    private static BigInteger serial(CborValue item) throws MalformedException {
        byte[] bytes = item.asBytes("serial");
        if (bytes.length > MAX_SERIAL_BYTES || (bytes.length > 0 && bytes[0] == 0)) {
            throw new MalformedException(
                    0, "serial", "is not up to " + MAX_SERIAL_BYTES + " bytes without leading zero");
        }
        return new BigInteger(1, bytes);
    }

    private static byte[] unsigned(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }
}
