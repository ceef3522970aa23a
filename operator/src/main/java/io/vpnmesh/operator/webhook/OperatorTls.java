// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.webhook;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.ServerAuthority;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.operator.OperatorSettings;
import io.vpnmesh.operator.mesh.Marks;
import jakarta.enterprise.context.ApplicationScoped;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The operator's own TLS authority and certificate, in one Secret of its namespace: made by the replica that comes first,
 * shared by all. Thread-safe; no clock of its own beyond the certificate's dates.
 */
@ApplicationScoped
public class OperatorTls {

    static final String SECRET = "vpnmesh-operator-tls";

    private static final Logger LOG = Logger.getLogger(OperatorTls.class);

    /** The anchor outlives every pod that mounted it: replacing it needs two anchors side by side. */
    private static final Duration AUTHORITY_LIFETIME = Duration.ofDays(3650);
    /** Short enough that a stolen key is of little use, long enough for an operator that was away for a month. */
    private static final Duration SERVER_LIFETIME = Duration.ofDays(90);

    private static final String CA_CERTIFICATE = "ca.crt";
    private static final String CA_KEY = "ca.key";
    private static final String CERTIFICATE = "tls.crt";
    private static final String KEY = "tls.key";

    private final KubernetesClient client;
    private final OperatorSettings settings;
    private final SecureRandom random = new SecureRandom();
    private volatile @Nullable Material current;

    public OperatorTls(KubernetesClient client, OperatorSettings settings) {
        this.client = client;
        this.settings = settings;
    }

    /**
     * What HTTPS needs.
     *
     * @param anchors PEM bundle by which others trust this operator
     * @param certificate PEM chain
     * @param key PEM, PKCS#8
     */
    public record Material(String anchors, String certificate, String key) {

        @Override
        public String toString() {
            return "Material[" + anchors.length() + " characters of anchors]";
        }
    }

    /** The material in use; read from the API server the first time. */
    public Material material() {
        Material known = current;
        return known != null ? known : refresh();
    }

    /** The name that sidecars check the operator's certificate against. */
    public String serverName() {
        return settings.serviceName() + "." + settings.namespace() + ".svc";
    }

    /** Reads the Secret, makes it if there is none, renews the certificate if two thirds of its life are over. */
    public synchronized Material refresh() {
        for (int attempt = 0; attempt < 5; attempt++) {
            Optional<Secret> found = Optional.ofNullable(client.secrets()
                    .inNamespace(settings.namespace())
                    .withName(SECRET)
                    .get());
            if (found.isPresent() && !needsRenewal(found.get())) {
                Material material = materialOf(found.get());
                current = material;
                return material;
            }
            write(found);
        }
        throw new IllegalStateException("Secret " + settings.namespace() + "/" + SECRET
                + " changes whenever it is read: does another program write it?");
    }

    private void write(Optional<Secret> found) {
        Instant now = Instant.now();
        try {
            if (found.isEmpty()) {
                ServerAuthority authority = ServerAuthority.create(
                        "vpnmesh-operator " + settings.namespace(), now, AUTHORITY_LIFETIME, random);
                client.resource(secret(authority, now)).create();
                LOG.infof("event=tls-authority-made secret=%s/%s", settings.namespace(), SECRET);
            } else {
                ServerAuthority authority =
                        ServerAuthority.fromPem(text(found.get(), CA_CERTIFICATE), text(found.get(), CA_KEY));
                Secret renewed = new SecretBuilder(secret(authority, now))
                        .editMetadata()
                        .withResourceVersion(found.get().getMetadata().getResourceVersion())
                        .endMetadata()
                        .build();
                client.resource(renewed).update();
                LOG.info("event=tls-certificate-renewed");
            }
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
            // Another replica was faster; the next round reads what it wrote.
        } catch (MalformedException e) {
            throw unreadable(e);
        }
    }

    private Secret secret(ServerAuthority authority, Instant now) {
        MeshKeyPair pair = MeshKeyPair.generate(SuiteName.FIPS, random);
        X509Certificate leaf = authority.newServer(pair.publicKey(), serverNames(), now, SERVER_LIFETIME, random);
        return new SecretBuilder()
                .withNewMetadata()
                .withName(SECRET)
                .withNamespace(settings.namespace())
                .withLabels(Map.of(Marks.MANAGED_BY, Marks.OPERATOR))
                .endMetadata()
                .withType("Opaque")
                .withData(Map.of(
                        CA_CERTIFICATE, base64(Pem.encode(authority.certificate())),
                        CA_KEY, base64(Pem.encode(authority.pair().privateKey())),
                        CERTIFICATE, base64(Pem.encode(leaf)),
                        KEY, base64(Pem.encode(pair.privateKey()))))
                .build();
    }

    private List<String> serverNames() {
        List<String> names = new ArrayList<>(List.of(
                settings.serviceName(),
                settings.serviceName() + "." + settings.namespace(),
                serverName(),
                serverName() + ".cluster.local"));
        settings.tls().extraNames().ifPresent(names::addAll);
        return names;
    }

    private boolean needsRenewal(Secret secret) {
        try {
            X509Certificate leaf = Pem.certificate(text(secret, CERTIFICATE));
            Instant end = leaf.getNotAfter().toInstant();
            Duration life = Duration.between(leaf.getNotBefore().toInstant(), end);
            return Instant.now().isAfter(end.minus(life.dividedBy(3)))
                    || !namesOf(leaf).containsAll(serverNames());
        } catch (MalformedException e) {
            throw unreadable(e);
        }
    }

    private static List<String> namesOf(X509Certificate leaf) {
        try {
            List<String> names = new ArrayList<>();
            var alternatives = leaf.getSubjectAlternativeNames();
            if (alternatives != null) {
                alternatives.forEach(name -> names.add(String.valueOf(name.get(1))));
            }
            return names;
        } catch (java.security.cert.CertificateParsingException e) {
            throw new IllegalStateException("our own certificate does not parse", e);
        }
    }

    private Material materialOf(Secret secret) {
        return new Material(text(secret, CA_CERTIFICATE), text(secret, CERTIFICATE), text(secret, KEY));
    }

    private String text(Secret secret, String key) {
        String value = secret.getData() == null ? null : secret.getData().get(key);
        if (value == null) {
            throw unreadable(null);
        }
        return new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
    }

    private IllegalStateException unreadable(@Nullable Exception cause) {
        return new IllegalStateException(
                "Secret " + settings.namespace() + "/" + SECRET + " is damaged: restore it from a backup, or delete it"
                        + " and restart the pods of every mesh, because they trust the anchor in it",
                cause);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
