// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.fabric8.kubernetes.api.model.Secret;
import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.operator.mesh.MeshRef;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The content of a cluster's Secret. A joiner writes it in two steps: its own id and keys before it asks, so that a
 * retry asks with the same ones; what the founder granted afterwards.
 */
final class ClusterSecret {

    private ClusterSecret() {}

    /** First step: what the cluster chooses itself. */
    static Map<String, String> texts(ClusterDomain domain, MeshKeyPair intermediate, SecureRandom random) {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(SecretNames.MESH_ID, domain.mesh().toString());
        texts.put(SecretNames.CLUSTER_ID, domain.cluster().toString());
        texts.put(SecretNames.INTERMEDIATE_KEY, Pem.encode(intermediate.privateKey()));
        texts.put(
                SecretNames.DIRECTORY_KEY,
                Pem.encode(MeshKeyPair.generate(intermediate.suite(), random).privateKey()));
        return texts;
    }

    /** Second step: what the founder granted. */
    static Map<String, String> grant(Intermediates intermediates, List<Cidr> prefixes, MeshTerms terms) {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(SecretNames.INTERMEDIATE_CERTIFICATE, Pem.encode(intermediates.full()));
        texts.put(SecretNames.FOREIGN_CERTIFICATE, Pem.encode(intermediates.foreign()));
        texts.put(SecretNames.PREFIXES, prefixes.stream().map(Cidr::toString).collect(Collectors.joining("\n")));
        texts.put(SecretNames.PARAMETERS, terms.toJson());
        return texts;
    }

    /** Errors: BrokenKeysException that names the Secret and the fix. */
    static MeshKeys read(MeshRef ref, MeshAuthority.Root root, Secret secret, SecureRandom random) {
        try {
            ClusterDomain domain = new ClusterDomain(
                    root.mesh(),
                    ClusterId.parse(
                            SecretData.require(secret, SecretNames.CLUSTER_ID).strip()));
            MeshKeyPair pair = pair(secret, SecretNames.INTERMEDIATE_KEY);
            X509Certificate full = Pem.certificate(SecretData.require(secret, SecretNames.INTERMEDIATE_CERTIFICATE));
            if (!full.getPublicKey().equals(pair.publicKey())) {
                throw new IllegalArgumentException("its key and its certificate do not belong together");
            }
            return new MeshKeys(
                    ref,
                    domain,
                    root.certificate(),
                    root.issuer(random),
                    new CertificateIssuer(full, pair.privateKey(), random),
                    Pem.certificate(SecretData.require(secret, SecretNames.FOREIGN_CERTIFICATE)),
                    pair(secret, SecretNames.DIRECTORY_KEY),
                    SecretData.require(secret, SecretNames.PREFIXES)
                            .lines()
                            .map(String::strip)
                            .filter(line -> !line.isEmpty())
                            .map(Cidr::parse)
                            .toList(),
                    MeshTerms.fromJson(SecretData.require(secret, SecretNames.PARAMETERS)));
        } catch (MalformedException | IllegalArgumentException e) {
            throw new BrokenKeysException(
                    "Secret " + ref.namespace() + "/" + secret.getMetadata().getName() + " is damaged ("
                            + e.getMessage() + "): restore it from a backup");
        }
    }

    static MeshKeyPair pair(Secret secret, String key) throws MalformedException {
        return MeshKeyPair.of(Pem.privateKey(SecretData.require(secret, key)));
    }
}
