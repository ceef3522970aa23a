// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.fabric8.kubernetes.api.model.Secret;
import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys of a cluster on its way in. They are stored before the founder is asked: when the answer is lost, the next
 * attempt is recognised as the same cluster and does not use the invitation up.
 */
@ApplicationScoped
public class JoinerKeys {

    private final SecretStore secrets;
    private final SecureRandom random = new SecureRandom();

    public JoinerKeys(SecretStore secrets) {
        this.secrets = secrets;
    }

    /** Who asks. */
    public record Applicant(ClusterDomain domain, MeshKeyPair pair) {}

    /** What the founder granted. */
    public record Grant(X509Certificate root, Intermediates intermediates, List<Cidr> prefixes, MeshTerms terms) {}

    /** The stored applicant, made at the first call. Errors: BrokenKeysException. */
    public Applicant applicant(MeshRef ref, MeshId mesh, SuiteName suite) {
        String name = SecretNames.cluster(ref.name());
        if (secrets.get(ref.namespace(), name).isEmpty()) {
            byte[] id = new byte[ClusterId.LENGTH_BYTES];
            random.nextBytes(id);
            secrets.create(SecretData.of(
                    ref,
                    name,
                    ClusterSecret.texts(
                            new ClusterDomain(mesh, ClusterId.of(id)), MeshKeyPair.generate(suite, random), random)));
        }
        Secret secret = stored(ref);
        try {
            MeshId storedMesh =
                    MeshId.parse(SecretData.require(secret, SecretNames.MESH_ID).strip());
            if (!storedMesh.equals(mesh)) {
                throw new BrokenKeysException("Secret " + ref.namespace() + "/" + name + " belongs to mesh "
                        + storedMesh + ", the invitation is for mesh " + mesh
                        + ": delete the Secret to join the other mesh");
            }
            ClusterId cluster = ClusterId.parse(
                    SecretData.require(secret, SecretNames.CLUSTER_ID).strip());
            return new Applicant(
                    new ClusterDomain(mesh, cluster), ClusterSecret.pair(secret, SecretNames.INTERMEDIATE_KEY));
        } catch (MalformedException | IllegalArgumentException e) {
            throw new BrokenKeysException("Secret " + ref.namespace() + "/" + name + " is damaged (" + e.getMessage()
                    + "): delete it to begin the join anew");
        }
    }

    /** Stores what the founder granted; afterwards {@link MeshAuthority#ensure} finds the mesh ready. */
    public void accept(MeshRef ref, Applicant applicant, Grant grant) {
        Map<String, String> root = new LinkedHashMap<>();
        root.put(SecretNames.MESH_ID, applicant.domain().mesh().toString());
        root.put(SecretNames.ROOT_CERTIFICATE, Pem.encode(grant.root()));
        secrets.create(SecretData.of(ref, SecretNames.root(ref.name()), root));
        Secret cluster = SecretData.with(
                stored(ref), ClusterSecret.grant(grant.intermediates(), grant.prefixes(), grant.terms()));
        if (!secrets.replace(cluster)) {
            throw new BrokenKeysException("Secret " + ref.namespace() + "/" + SecretNames.cluster(ref.name())
                    + " was changed by somebody else during the join; trying again");
        }
    }

    private Secret stored(MeshRef ref) {
        return secrets.get(ref.namespace(), SecretNames.cluster(ref.name()))
                .orElseThrow(() -> new BrokenKeysException("Secret " + ref.namespace() + "/"
                        + SecretNames.cluster(ref.name()) + " went away during the join; trying again"));
    }
}
