// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.ServerAuthority;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.enrol.ApiError;
import io.vpnmesh.directory.enrol.EnrolRequest;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.node.TestAuthority;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.identity.IdentityStore;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The operator's HTTPS as a node meets it: real TLS on loopback, answers scripted by the wire contract. */
@Timeout(60)
class OperatorLinkIT {

    private static final List<FeedEvent> UNAVAILABLE = new ArrayList<>();
    private static final String NAME = "vpnmesh-operator.vpnmesh-system.svc";

    private final TestAuthority authority = new TestAuthority();
    private final ServerAuthority serverAuthority =
            ServerAuthority.create("operator", Instant.now(), Duration.ofDays(1), authority.random);
    private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();
    private final BlockingQueue<List<FeedEvent>> feedAnswers = new LinkedBlockingQueue<>();
    private volatile Instant renewAfter = Instant.now().plusSeconds(3600);
    private volatile int refusals;

    @TempDir
    private Path folder;

    private HttpsServer server;
    private @Nullable ControlLink link;

    @BeforeEach
    void start() throws Exception {
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.FIPS, authority.random);
        X509Certificate leaf = serverAuthority.newServer(
                key.publicKey(), List.of(NAME), Instant.now(), Duration.ofHours(1), authority.random);
        CertificateVerifier verifier = new CertificateVerifier(List.of(authority.root), List.of());
        SSLContext context =
                MeshTls.context(key.privateKey(), List.of(leaf), () -> verifier, _ -> true, Clock.systemUTC());
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters tls = context.getDefaultSSLParameters();
                tls.setWantClientAuth(true);
                parameters.setSSLParameters(tls);
            }
        });
        server.createContext("/v1/enroll", exchange -> sign(exchange, 1));
        server.createContext("/v1/renew", exchange -> sign(exchange, 1));
        server.createContext("/v1/feed", this::feed);
        server.createContext("/v1/status", exchange -> {
            requests.add("status " + client(exchange));
            answer(exchange, 200, "{}");
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.start();
        Files.writeString(folder.resolve("ca.crt"), Pem.encode(serverAuthority.certificate()));
        Files.writeString(folder.resolve("token"), "the-token\n");
    }

    @AfterEach
    void stop() {
        if (link != null) {
            link.close();
        }
        server.stop(0);
    }

    private void sign(HttpExchange exchange, long generation) throws IOException {
        String path = exchange.getRequestURI().getPath();
        requests.add(path + " " + exchange.getRequestHeaders().getFirst("Authorization") + " " + client(exchange));
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        if (refusals-- > 0) {
            answer(exchange, 403, new ApiError(403, "NamespaceNotAllowed", "ask the mesh's owner").toJson());
            return;
        }
        try {
            Csr csr = Csr.parse(EnrolRequest.parse(body).csrPem());
            answer(
                    exchange,
                    200,
                    authority
                            .response(csr.publicKey(), generation, Instant.now(), Duration.ofHours(72), renewAfter)
                            .toJson());
        } catch (MalformedException e) {
            answer(exchange, 400, new ApiError(400, "Malformed", String.valueOf(e.getMessage())).toJson());
        }
    }

    private static String client(HttpExchange exchange) {
        try {
            return MeshTls.peer(((HttpsExchange) exchange).getSSLSession())
                    .node()
                    .toString();
        } catch (MalformedException _) {
            return "anonymous";
        }
    }

    private static void answer(HttpExchange exchange, int code, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, bytes.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(bytes);
        }
    }

    /** One answer of {@code feedAnswers} per request; an empty list = 410, UNAVAILABLE = 503. */
    private void feed(HttpExchange exchange) throws IOException {
        requests.add("feed " + exchange.getRequestURI().getQuery() + " " + client(exchange));
        List<FeedEvent> events;
        try {
            events = feedAnswers.take();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        if (events == UNAVAILABLE) {
            answer(exchange, 503, new ApiError(503, "Starting", "in a moment").toJson());
            return;
        }
        if (events.isEmpty()) {
            answer(exchange, 410, new ApiError(410, "ResourceVersionGone", "fetch the list").toJson());
            return;
        }
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            for (FeedEvent event : events) {
                out.write((FeedCodec.encode(event) + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            }
        }
    }

    private ControlLink open(String tlsName) throws IOException {
        ControlSource.Operator source = new ControlSource.Operator(
                URI.create("https://127.0.0.1:" + server.getAddress().getPort()),
                tlsName,
                folder.resolve("token"),
                folder.resolve("ca.crt"));
        ControlLink opened = new OperatorLink(
                source,
                SuiteName.DEFAULT,
                new IdentityStore(folder.resolve("state")),
                Clock.systemUTC(),
                authority.random);
        link = opened;
        return opened;
    }

    private ControlListener listener() {
        return new ControlListener() {
            @Override
            public void onFeed(FeedEvent event) {
                heard.add(event.type() + " " + event.object().key());
            }

            @Override
            public void onConnected(boolean connected) {}

            @Override
            public void onCredentials(NodeCredentials credentials) {
                heard.add("renewed " + credentials.identity().generation());
            }
        };
    }

    private static String next(BlockingQueue<String> queue) throws InterruptedException {
        String item = queue.poll(15, TimeUnit.SECONDS);
        assertThat(item).isNotNull();
        return item;
    }

    private FeedEvent added(int node, String version) {
        return new FeedEvent(
                FeedEvent.Type.ADDED, new FeedObject.PeerObject(authority.cluster, authority.peer(node, 1)), version);
    }

    private String key(int node) {
        return "peer/" + authority.identity(node, 1).node();
    }

    @Test
    void enrolsWithTheTokenAndComesBackWithout() throws Exception {
        NodeCredentials first = open(NAME).obtain();

        assertThat(first.identity()).isEqualTo(authority.identity(20, 1));
        assertThat(next(requests)).isEqualTo("/v1/enroll Bearer the-token anonymous");
        assertThat(open(NAME).obtain().leaf()).isEqualTo(first.leaf());
        assertThat(requests).isEmpty();
    }

    @Test
    void triesAgainUntilTheOperatorAgrees() throws Exception {
        refusals = 2;

        assertThat(open(NAME).obtain().identity()).isEqualTo(authority.identity(20, 1));
        assertThat(requests).hasSize(3);
    }

    @Test
    void refusalIsTheOperatorsOwnWords() throws Exception {
        refusals = 1;
        EnrolmentClient client = new EnrolmentClient(
                new ControlSource.Operator(
                        URI.create("https://127.0.0.1:" + server.getAddress().getPort()),
                        NAME,
                        folder.resolve("token"),
                        folder.resolve("ca.crt")),
                Clock.systemUTC());
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.DEFAULT, authority.random);
        try {
            client.enrol(new EnrolRequest(Csr.build(key, authority.random)));
            assertThat(true).as("refused").isFalse();
        } catch (OperatorException e) {
            assertThat(e.code()).isEqualTo(403);
            assertThat(e.reason()).isEqualTo("NamespaceNotAllowed");
            assertThat(e).hasMessageContaining("ask the mesh's owner");
        }
    }

    @Test
    void serverOfAnotherNameGetsNoToken() throws Exception {
        ControlLink wrong = open("vpnmesh-operator.elsewhere.svc");
        Thread waiting = Thread.ofVirtual().start(() -> {
            try {
                wrong.obtain();
                heard.add("enrolled");
            } catch (Exception e) {
                heard.add("stopped");
            }
        });

        // Two attempts have failed by the time the third pause begins.
        assertThat(heard.poll(2, TimeUnit.SECONDS)).isNull();
        waiting.interrupt();
        assertThat(next(heard)).isEqualTo("stopped");
        assertThat(requests).isEmpty();
    }

    @Test
    void renewsWithItsCertificate() throws Exception {
        renewAfter = Instant.now().minusSeconds(1);
        ControlLink opened = open(NAME);
        NodeCredentials first = opened.obtain();
        renewAfter = Instant.now().plusSeconds(3600);
        assertThat(next(requests)).startsWith("/v1/enroll");

        opened.follow(listener());

        assertThat(next(heard)).isEqualTo("renewed 1");
        String renewal = next(requests);
        String other = renewal.startsWith("feed") ? next(requests) : renewal;
        assertThat(other).isEqualTo("/v1/renew null " + first.identity().node());
    }

    @Test
    void feedResumesStartsOverAndOutlivesTheProcess() throws Exception {
        ControlLink opened = open(NAME);
        NodeCredentials credentials = opened.obtain();
        requests.clear();
        opened.follow(listener());

        feedAnswers.add(List.of(added(1, "e-1"), added(2, "e-2"), FeedEvent.bookmark("e-2")));
        assertThat(next(requests))
                .isEqualTo("feed null " + credentials.identity().node());
        assertThat(List.of(next(heard), next(heard), next(heard)))
                .containsExactly("ADDED " + key(1), "ADDED " + key(2), "BOOKMARK bookmark");

        assertThat(next(requests)).startsWith("feed resourceVersion=e-2 ");
        feedAnswers.add(List.of());
        assertThat(next(requests)).startsWith("feed null ");
        feedAnswers.add(List.of(added(2, "f-9"), FeedEvent.bookmark("f-9")));
        assertThat(List.of(next(heard), next(heard))).containsExactly("DELETED " + key(1), "BOOKMARK bookmark");
        assertThat(next(requests)).startsWith("feed resourceVersion=f-9 ");

        opened.close();
        ControlLink again = open(NAME);
        again.obtain();
        again.follow(listener());
        assertThat(next(heard)).isEqualTo("ADDED " + key(2));
    }

    /** The operator is away long enough for pauses of seconds; then a stranger shows that there is news. */
    @Test
    void aHintEndsThePauseAndAForgottenVersionCostsNoOther() throws Exception {
        ControlLink opened = open(NAME);
        opened.obtain();
        requests.clear();
        opened.follow(listener());
        feedAnswers.add(List.of(added(1, "e-1"), FeedEvent.bookmark("e-1")));
        next(requests);
        assertThat(List.of(next(heard), next(heard))).containsExactly("ADDED " + key(1), "BOOKMARK bookmark");
        for (int failures = 0; failures < 5; failures++) {
            feedAnswers.add(UNAVAILABLE);
            next(requests);
        }

        // Now comes a pause of 4 s or more, after the next failure one of 8 s or more.
        String request = null;
        for (int looks = 0; request == null && looks < 20; looks++) {
            opened.lookNow();
            request = requests.poll(100, TimeUnit.MILLISECONDS);
        }
        assertThat(request).startsWith("feed resourceVersion=e-1 ");
        feedAnswers.add(List.of());
        assertThat(requests.poll(3, TimeUnit.SECONDS)).startsWith("feed null ");
    }

    @Test
    void reportsWithItsCertificate() throws Exception {
        ControlLink opened = open(NAME);
        NodeCredentials credentials = opened.obtain();
        requests.clear();

        opened.report(
                new StatusReport(1, List.of(), "Unknown", List.of(), List.of(), Map.of(), false, Optional.empty()));

        assertThat(next(requests)).isEqualTo("status " + credentials.identity().node());
    }
}
