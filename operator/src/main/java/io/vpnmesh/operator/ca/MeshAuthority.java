// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.Base32;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.crds.Conditions;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.crds.VpnMeshStatus;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.relay.RelayNames;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Makes a mesh's keys once and finds them ever after. Secrets are only ever created, never overwritten: whoever loses a
 * race takes what the winner made. A mesh that is known (its status has a mesh id) and has no root Secret stays broken
 * until a person restores it, because a second root would cut every pod off that trusts the first. Thread-safe.
 */
@ApplicationScoped
public class MeshAuthority {

    private static final Logger LOG = Logger.getLogger(MeshAuthority.class);

    static final Duration ROOT_VALIDITY = Duration.ofDays(3650);
    static final Duration INTERMEDIATE_VALIDITY = Duration.ofDays(1825);

    /** A VpnMesh deleted and made again has other keys; no replica may use the old ones longer than this. */
    private static final Duration CACHED_FOR = Duration.ofSeconds(30);

    private static final int TICKET_KEY_BYTES = 32;

    private final SecretStore secrets;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();
    private final Map<MeshRef, Cached> cache = new ConcurrentHashMap<>();

    private record Cached(MeshKeys keys, Instant until) {}

    /** Where a mesh's keys stand. */
    public sealed interface Outcome {

        /** All keys are there. */
        record Ready(MeshKeys keys) implements Outcome {}

        /** The cluster has not been let into the mesh yet: {@code join.JoinService} continues. */
        record Joining() implements Outcome {}

        /**
         * A person must act.
         *
         * @param reason of the condition KeysValid
         * @param message names the fix
         */
        record Failed(String reason, String message) implements Outcome {}
    }

    @Inject
    public MeshAuthority(SecretStore secrets) {
        this(secrets, InstantSource.system());
    }

    public MeshAuthority(SecretStore secrets, InstantSource clock) {
        this.secrets = secrets;
        this.clock = clock;
    }

    /** Finds the keys, and makes what a founding cluster lacks. Two or three reads when nothing is to be done. */
    public Outcome ensure(VpnMesh mesh) {
        MeshRef ref = MeshRef.of(mesh);
        try {
            Outcome outcome = decide(ref, mesh);
            if (outcome instanceof Outcome.Ready(MeshKeys keys)) {
                ensureTicketKey(ref);
                cache.put(ref, new Cached(keys, clock.instant().plus(CACHED_FOR)));
            }
            return outcome;
        } catch (BrokenKeysException e) {
            return new Outcome.Failed("KeysBroken", String.valueOf(e.getMessage()));
        } catch (IllegalArgumentException e) {
            return new Outcome.Failed("InvalidSpec", String.valueOf(e.getMessage()));
        }
    }

    /**
     * Each Secret is read once and everything is decided from that: a Secret deleted between two reads would be found
     * by one and missed by the other, and a lost root would be reported as a damaged one. The cluster Secret comes
     * first because it is made last: whoever sees it and then no root sees a root that was deleted, not one that
     * another replica is about to make.
     */
    private Outcome decide(MeshRef ref, VpnMesh mesh) {
        Optional<Secret> cluster = completeCluster(ref);
        Optional<Secret> root = secrets.get(ref.namespace(), SecretNames.root(ref.name()));
        String known = status(mesh).meshId();
        if (root.isEmpty()) {
            if (known != null || cluster.isPresent()) {
                return rootMissing(ref);
            }
            if (isJoiner(mesh)) {
                return new Outcome.Joining();
            }
            makeRoot(ref, mesh);
            root = secrets.get(ref.namespace(), SecretNames.root(ref.name()));
        }
        Secret rootSecret = root.orElseThrow(
                () -> new BrokenKeysException("the root Secret was deleted as it was made; trying again"));
        String id = SecretData.require(rootSecret, SecretNames.MESH_ID).strip();
        if (known != null && !known.equals(id)) {
            return rootMismatch(ref, id, known);
        }
        Root read = Root.read(rootSecret);
        if (cluster.isEmpty()) {
            if (isJoiner(mesh)) {
                return new Outcome.Joining();
            }
            makeCluster(ref, mesh, read);
            cluster = completeCluster(ref);
        }
        Secret clusterSecret = cluster.orElseThrow(
                () -> new BrokenKeysException("the cluster Secret was deleted as it was made; trying again"));
        return new Outcome.Ready(ClusterSecret.read(ref, read, clusterSecret, random));
    }

    /** The keys of a mesh that is ready, on any replica; at most half a minute old. */
    public Optional<MeshKeys> keys(MeshRef mesh) {
        Cached cached = cache.get(mesh);
        Instant now = clock.instant();
        if (cached != null && now.isBefore(cached.until())) {
            return Optional.of(cached.keys());
        }
        try {
            Optional<MeshKeys> keys = read(mesh);
            keys.ifPresentOrElse(
                    found -> cache.put(mesh, new Cached(found, now.plus(CACHED_FOR))), () -> cache.remove(mesh));
            return keys;
        } catch (KubernetesClientException e) {
            if (cached != null) {
                return Optional.of(cached.keys()); // keys do not go bad because the API server is away
            }
            throw e;
        } catch (BrokenKeysException e) {
            LOG.errorf("event=keys-broken mesh=%s message=\"%s\"", mesh, e.getMessage());
            return Optional.empty();
        }
    }

    /** Deletes the keys for good, for a VpnMesh that goes with {@code deletionPolicy: Delete}. */
    public void forget(MeshRef mesh) {
        cache.remove(mesh);
        secrets.delete(mesh.namespace(), RelayNames.ticketSecret(mesh.name()));
        secrets.delete(mesh.namespace(), SecretNames.cluster(mesh.name()));
        secrets.delete(mesh.namespace(), SecretNames.root(mesh.name()));
    }

    private static Outcome rootMissing(MeshRef ref) {
        return new Outcome.Failed(
                Conditions.ROOT_MISSING,
                "Secret " + ref.namespace() + "/" + SecretNames.root(ref.name()) + " with the mesh's root is gone."
                        + " Restore it from a backup; the operator never makes a second root over an existing"
                        + " mesh. To begin a new mesh, delete this VpnMesh and the Secret "
                        + SecretNames.cluster(ref.name()));
    }

    private static Outcome rootMismatch(MeshRef ref, String id, String known) {
        return new Outcome.Failed(
                "RootMismatch",
                "Secret " + ref.namespace() + "/" + SecretNames.root(ref.name()) + " belongs to mesh " + id
                        + ", this VpnMesh is mesh " + known + ": restore the right Secret from a backup");
    }

    private void makeRoot(MeshRef ref, VpnMesh mesh) {
        MeshId id = MeshId.of(randomBytes(MeshId.LENGTH_BYTES));
        SuiteName suite = MeshTerms.of(spec(mesh), id).suiteName();
        MeshKeyPair pair = MeshKeyPair.generate(suite, random);
        X509Certificate certificate = CertificateIssuer.newRoot(id, pair, clock.instant(), ROOT_VALIDITY, random);
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(SecretNames.MESH_ID, id.toString());
        texts.put(SecretNames.ROOT_CERTIFICATE, Pem.encode(certificate));
        texts.put(SecretNames.ROOT_KEY, Pem.encode(pair.privateKey()));
        secrets.create(SecretData.of(ref, SecretNames.root(ref.name()), texts));
    }

    /** A founder's first cluster, or its second intermediate after the cluster Secret was lost. */
    private void makeCluster(MeshRef ref, VpnMesh mesh, Root root) {
        CertificateIssuer issuer = root.issuer(random)
                .orElseThrow(
                        () -> new BrokenKeysException(
                                "Secret " + ref.namespace() + "/"
                                        + SecretNames.root(ref.name()) + " has no " + SecretNames.ROOT_KEY
                                        + ": restore it from a backup, or set spec.join in a new VpnMesh if another cluster is the founder"));
        MeshTerms terms = MeshTerms.of(spec(mesh), root.mesh());
        VpnMeshStatus status = status(mesh);
        String knownCluster = status.clusterId();
        // Pods hold addresses and node ids of this cluster: a lost Secret must not rename it.
        ClusterId cluster = knownCluster == null
                ? ClusterId.of(randomBytes(ClusterId.LENGTH_BYTES))
                : ClusterId.parse(knownCluster);
        List<Cidr> prefixes = status.prefixes().isEmpty()
                ? terms.plan()
                        .both(terms.plan()
                                .freeClusterPrefix(List.of(), List.of())
                                .orElseThrow(() ->
                                        new IllegalArgumentException("the mesh's range has no room for a cluster")))
                : status.prefixes().stream().map(Cidr::parse).toList();
        MeshKeyPair pair = MeshKeyPair.generate(terms.suiteName(), random);
        ClusterDomain domain = new ClusterDomain(root.mesh(), cluster);
        Intermediates made =
                Intermediates.sign(issuer, domain, pair.publicKey(), prefixes, clock.instant(), INTERMEDIATE_VALIDITY);
        Map<String, String> texts = ClusterSecret.texts(domain, pair, random);
        texts.putAll(ClusterSecret.grant(made, prefixes, terms));
        secrets.create(SecretData.of(ref, SecretNames.cluster(ref.name()), texts));
    }

    private void ensureTicketKey(MeshRef ref) {
        String name = RelayNames.ticketSecret(ref.name());
        if (secrets.get(ref.namespace(), name).isEmpty()) {
            // Text on purpose: a key file with every byte value has tripped readers that trim white space.
            secrets.create(SecretData.of(
                    ref, name, Map.of(SecretNames.TICKET_KEY, Base32.encode(randomBytes(TICKET_KEY_BYTES)))));
        }
    }

    /** Empty until a complete root and cluster Secret are there. */
    private Optional<MeshKeys> read(MeshRef ref) {
        Optional<Root> root = readRoot(ref);
        Optional<Secret> cluster = completeCluster(ref);
        if (root.isEmpty() || cluster.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(ClusterSecret.read(ref, root.get(), cluster.get(), random));
    }

    Optional<Root> readRoot(MeshRef ref) {
        return secrets.get(ref.namespace(), SecretNames.root(ref.name())).map(Root::read);
    }

    private Optional<Secret> completeCluster(MeshRef ref) {
        return secrets.get(ref.namespace(), SecretNames.cluster(ref.name())).filter(MeshAuthority::isComplete);
    }

    static boolean isComplete(Secret cluster) {
        return SecretData.text(cluster, SecretNames.INTERMEDIATE_CERTIFICATE).isPresent();
    }

    private byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static boolean isJoiner(VpnMesh mesh) {
        return spec(mesh).join() != null;
    }

    private static VpnMeshSpec spec(VpnMesh mesh) {
        @Nullable VpnMeshSpec spec = mesh.getSpec();
        return spec == null ? VpnMeshSpec.empty() : spec;
    }

    private static VpnMeshStatus status(VpnMesh mesh) {
        @Nullable VpnMeshStatus status = mesh.getStatus();
        return status == null ? VpnMeshStatus.empty() : status;
    }

    /** The root Secret, parsed. */
    record Root(MeshId mesh, X509Certificate certificate, Optional<MeshKeyPair> pair) {

        static Root read(Secret secret) {
            try {
                Optional<String> key = SecretData.text(secret, SecretNames.ROOT_KEY);
                return new Root(
                        MeshId.parse(
                                SecretData.require(secret, SecretNames.MESH_ID).strip()),
                        Pem.certificate(SecretData.require(secret, SecretNames.ROOT_CERTIFICATE)),
                        key.isPresent() ? Optional.of(MeshKeyPair.of(Pem.privateKey(key.get()))) : Optional.empty());
            } catch (MalformedException | IllegalArgumentException e) {
                throw new BrokenKeysException("Secret " + secret.getMetadata().getNamespace() + "/"
                        + secret.getMetadata().getName() + " is damaged (" + e.getMessage()
                        + "): restore it from a backup");
            }
        }

        Optional<CertificateIssuer> issuer(SecureRandom random) {
            return pair.map(keys -> new CertificateIssuer(certificate, keys.privateKey(), random));
        }
    }
}
