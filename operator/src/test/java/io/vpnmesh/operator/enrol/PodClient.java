// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.authentication.TokenRequest;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.enrol.EnrolRequest;
import io.vpnmesh.directory.enrol.EnrolResponse;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** A pod's side of enrolment with nothing but the JDK's HTTP client, as curl would do it. */
final class PodClient {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final URI base;
    private final String caPem;
    private final SecureRandom random = new SecureRandom();

    PodClient(URI base, String caPem) {
        this.base = base;
        this.caPem = caPem;
    }

    /** A key with the certificate that enrolment gave for it. */
    record Enrolled(MeshKeyPair pair, EnrolResponse response) {

        List<X509Certificate> chain() throws MalformedException {
            return List.of(
                    Pem.certificate(response.certificatePem()),
                    Pem.certificate(response.intermediatePem()),
                    Pem.certificate(response.rootsPem().getFirst()));
        }
    }

    /** A token bound to the pod, as the kubelet would mount it. */
    static String token(KubernetesClient client, Pod pod, String audience) {
        TokenRequest request = new TokenRequestBuilder()
                .withNewSpec()
                .withAudiences(audience)
                .withExpirationSeconds(600L)
                .withNewBoundObjectRef()
                .withApiVersion("v1")
                .withKind("Pod")
                .withName(pod.getMetadata().getName())
                .withUid(pod.getMetadata().getUid())
                .endBoundObjectRef()
                .endSpec()
                .build();
        return client.serviceAccounts()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getSpec().getServiceAccountName())
                .tokenRequest(request)
                .getStatus()
                .getToken();
    }

    HttpResponse<String> post(String path, @Nullable String token, String body) throws Exception {
        return post(path, token, body, null);
    }

    HttpResponse<String> post(String path, @Nullable String token, String body, @Nullable Enrolled identity)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try (HttpClient http = http(identity)) {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    HttpResponse<String> get(String path, Enrolled identity) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(base.resolve(path))
                .timeout(PATIENCE)
                .GET()
                .build();
        try (HttpClient http = http(identity)) {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    Enrolled enrol(String token) throws Exception {
        return enrol(token, MeshKeyPair.generate(SuiteName.DEFAULT, random));
    }

    Enrolled enrol(String token, MeshKeyPair pair) throws Exception {
        HttpResponse<String> response = post("/v1/enroll", token, csr(pair));
        if (response.statusCode() != 200) {
            throw new AssertionError(response.body());
        }
        return new Enrolled(pair, EnrolResponse.parse(response.body()));
    }

    String csr(MeshKeyPair pair) {
        return new EnrolRequest(Csr.build(pair, random)).toJson();
    }

    /** Reads the feed until an event fits; returns all that came. */
    List<FeedEvent> feedUntil(Enrolled identity, String resourceVersion, Predicate<FeedEvent> last) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(base.resolve(
                        "/v1/feed" + (resourceVersion.isEmpty() ? "" : "?resourceVersion=" + resourceVersion)))
                .GET()
                .build();
        List<FeedEvent> events = new ArrayList<>();
        @SuppressWarnings("resource") // its close would wait for the feed to end
        HttpClient http = http(identity);
        Thread watchdog = Thread.ofVirtual().unstarted(() -> {
            try {
                Thread.sleep(PATIENCE);
                http.shutdownNow();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        watchdog.start();
        try {
            HttpResponse<InputStream> response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
            BufferedReader lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
            if (response.statusCode() != 200) {
                throw new AssertionError(lines.readLine());
            }
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                FeedEvent event = FeedCodec.decode(line);
                events.add(event);
                if (last.test(event)) {
                    return events;
                }
            }
            throw new AssertionError("the feed ended: " + events);
        } catch (IOException e) {
            throw new AssertionError("waited in vain; the feed said " + events, e);
        } finally {
            watchdog.interrupt();
            http.shutdownNow();
        }
    }

    private HttpClient http(@Nullable Enrolled identity)
            throws GeneralSecurityException, IOException, MalformedException {
        KeyStore anchors = KeyStore.getInstance("PKCS12");
        anchors.load(null, null);
        int index = 0;
        for (X509Certificate anchor : anchors()) {
            anchors.setCertificateEntry("ca" + index++, anchor);
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(anchors);
        SSLContext tls = SSLContext.getInstance("TLSv1.3");
        tls.init(
                identity == null
                        ? new KeyManager[0]
                        : new KeyManager[] {MeshTls.keyManager(identity.pair().privateKey(), identity.chain())},
                trust.getTrustManagers(),
                random);
        return HttpClient.newBuilder()
                .sslContext(tls)
                .version(HttpClient.Version.HTTP_1_1)
                .connectTimeout(PATIENCE)
                .build();
    }

    private List<X509Certificate> anchors() throws GeneralSecurityException {
        try (InputStream pem = new ByteArrayInputStream(caPem.getBytes(StandardCharsets.US_ASCII))) {
            return CertificateFactory.getInstance("X.509").generateCertificates(pem).stream()
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
