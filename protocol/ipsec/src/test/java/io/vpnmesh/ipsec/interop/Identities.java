// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.SuiteName;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Both ends' certificates, made by the product's own authority code, flaws included. */
final class Identities {

    /**
     * What one end holds.
     *
     * @param shown the intermediate that goes with the leaf, of the kind for foreign peers
     * @param full the intermediate that our own verifier knows
     * @param name the end's own IKE identity
     * @param peerName the other's
     */
    record Credentials(
            PrivateKey key,
            X509Certificate leaf,
            X509Certificate shown,
            X509Certificate full,
            X509Certificate root,
            String name,
            String peerName) {}

    private static final MeshId MESH = MeshId.of(new byte[16]);
    private static final Duration LEAF = Duration.ofDays(3);
    private static final Duration LONG_AGO = Duration.ofDays(10);

    private final SecureRandom random = new SecureRandom();
    private final Instant now = Instant.now();
    private final SuiteName suite;
    private final Chain chain;
    private final Authority authority;

    Identities(SuiteName suite, Chain chain) {
        this.suite = suite;
        this.chain = chain;
        authority = new Authority();
    }

    Credentials ours() {
        return credentials(1, 2, chain == Chain.OUR_STRANGER, chain == Chain.OUR_EXPIRED);
    }

    Credentials theirs() {
        return credentials(2, 1, chain == Chain.THEIR_STRANGER, chain == Chain.THEIR_EXPIRED);
    }

    private Credentials credentials(int own, int other, boolean isStranger, boolean isExpired) {
        Authority signer = isStranger ? new Authority() : authority;
        boolean isOtherKind = own == 1 && chain == Chain.OUR_ED25519;
        MeshKeyPair pair = MeshKeyPair.generate(isOtherKind ? SuiteName.DEFAULT : suite, random);
        Instant since = isExpired ? now.minus(LONG_AGO) : now;
        X509Certificate leaf = signer.issuer.newLeaf(pair.publicKey(), identity(own), since, LEAF);
        return new Credentials(
                pair.privateKey(),
                leaf,
                signer.foreign,
                authority.full,
                authority.root,
                identity(own).dnsName(),
                identity(other).dnsName());
    }

    static NodeId node(int number) {
        byte[] id = new byte[16];
        id[15] = (byte) number;
        return NodeId.of(id);
    }

    /** The IKE identity of a node of the lab's cluster. */
    static String dnsName(int number) {
        return identity(number, cluster(0)).dnsName();
    }

    private NodeIdentity identity(int number) {
        boolean isOutside = chain == (number == 1 ? Chain.OUR_NAME_OUTSIDE : Chain.THEIR_NAME_OUTSIDE);
        return identity(number, cluster(isOutside ? 1 : 0));
    }

    private static NodeIdentity identity(int number, ClusterId cluster) {
        return new NodeIdentity(
                MESH,
                cluster,
                node(number),
                1,
                NodeRole.SIDECAR,
                "lab",
                "interop",
                List.of(IpAddress.parse("10.77.0." + number)));
    }

    private static ClusterId cluster(int number) {
        byte[] id = new byte[16];
        id[15] = (byte) number;
        return ClusterId.of(id);
    }

    /** A mesh's root and one cluster's two intermediates. */
    private final class Authority {
        private final X509Certificate root;
        private final X509Certificate foreign;
        private final X509Certificate full;
        private final CertificateIssuer issuer;

        Authority() {
            Instant since = now.minus(LONG_AGO);
            ClusterDomain domain = new ClusterDomain(MESH, cluster(0));
            MeshKeyPair rootKey = MeshKeyPair.generate(suite, random);
            root = CertificateIssuer.newRoot(MESH, rootKey, since, Duration.ofDays(100), random);
            CertificateIssuer anchor = new CertificateIssuer(root, rootKey.privateKey(), random);
            MeshKeyPair key = MeshKeyPair.generate(suite, random);
            List<Cidr> prefixes = List.of(Cidr.parse("10.77.0.0/16"));
            Duration life = Duration.ofDays(50);
            full = anchor.newIntermediate(IntermediateKind.FULL, domain, key.publicKey(), prefixes, since, life);
            foreign = anchor.newIntermediate(IntermediateKind.FOREIGN, domain, key.publicKey(), prefixes, since, life);
            issuer = new CertificateIssuer(full, key.privateKey(), random);
        }
    }
}
