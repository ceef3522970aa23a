// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.operator.address.AddressSpace;
import io.vpnmesh.operator.mesh.MeshRef;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The keys of one mesh in this cluster, parsed. Immutable; holds private keys, so it never leaves the operator.
 *
 * @param root anchor of the mesh
 * @param rootIssuer signs intermediates; only in the founding cluster
 * @param issuer signs this cluster's leaves with its full intermediate
 * @param foreignIntermediate same key, for peers that refuse critical constraints on addresses
 * @param prefixes of both families that this cluster may give addresses from
 */
public record MeshKeys(
        MeshRef mesh,
        ClusterDomain domain,
        X509Certificate root,
        Optional<CertificateIssuer> rootIssuer,
        CertificateIssuer issuer,
        X509Certificate foreignIntermediate,
        MeshKeyPair directoryPair,
        List<Cidr> prefixes,
        MeshTerms terms) {

    /** The pod uid in whose place the cluster's directory stands when its node id is made. */
    private static final String DIRECTORY = "directory";

    public MeshKeys {
        prefixes = List.copyOf(prefixes);
    }

    public MeshId meshId() {
        return domain.mesh();
    }

    public ClusterId clusterId() {
        return domain.cluster();
    }

    public boolean founder() {
        return rootIssuer.isPresent();
    }

    public X509Certificate intermediate() {
        return issuer.certificate();
    }

    public String rootSha256() {
        return HexFormat.of().formatHex(Pem.fingerprint(root));
    }

    public Instant rootNotAfter() {
        return root.getNotAfter().toInstant();
    }

    public Instant intermediateNotAfter() {
        return intermediate().getNotAfter().toInstant();
    }

    public NodeId nodeOf(String podUid) {
        return NodeId.ofPod(meshId(), clusterId(), podUid);
    }

    public AddressSpace addressSpace() {
        return new AddressSpace(mesh, meshId(), clusterId(), terms.plan(), prefixes);
    }

    /**
     * The certificate under which this cluster's frames are signed. Made anew at each start; the key stays.
     *
     * @param validity of the certificate
     */
    public X509Certificate directoryCertificate(Instant now, Duration validity) {
        return issuer.newLeaf(directoryPair.publicKey(), serviceIdentity(DIRECTORY, NodeRole.DIRECTORY), now, validity);
    }

    /** A fresh identity under which one replica of the operator opens control connections. */
    public Credential operatorCredential(String replica, Instant now, Duration validity, SecureRandom random) {
        MeshKeyPair pair = MeshKeyPair.generate(terms.suiteName(), random);
        X509Certificate leaf =
                issuer.newLeaf(pair.publicKey(), serviceIdentity(replica, NodeRole.OPERATOR), now, validity);
        return new Credential(pair, List.of(leaf, intermediate(), root));
    }

    private NodeIdentity serviceIdentity(String name, NodeRole role) {
        return new NodeIdentity(
                meshId(), clusterId(), nodeOf(name), 1, role, mesh.namespace(), "vpnmesh-operator", List.of());
    }

    @Override
    public String toString() {
        return "MeshKeys[" + mesh + " " + domain.suffix() + "]";
    }

    /** A key and its chain: leaf, intermediate, root. */
    public record Credential(MeshKeyPair pair, List<X509Certificate> chain) {}
}
