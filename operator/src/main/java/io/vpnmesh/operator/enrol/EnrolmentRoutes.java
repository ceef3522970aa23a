// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.directory.enrol.ApiError;
import io.vpnmesh.directory.enrol.EnrolRequest;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.directory.enrol.StatusResponse;
import io.vpnmesh.operator.feed.FeedStore;
import io.vpnmesh.operator.feed.FeedStream;
import io.vpnmesh.operator.feed.MeshFeeds;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.HttpURLConnection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLSession;
import org.jboss.logging.Logger;

/**
 * The paths under /v1: plain JSON over HTTPS. Answers are made on virtual threads, because they wait for the API server;
 * the feed is written by the connection's event loop.
 */
@ApplicationScoped
public class EnrolmentRoutes {

    private static final Logger LOG = Logger.getLogger(EnrolmentRoutes.class);
    private static final long MAX_BODY_BYTES = 512 * 1024;
    private static final String BEARER = "Bearer ";

    private final TokenVerifier tokens;
    private final PodGate pods;
    private final NodeGate nodes;
    private final Enrolment enrolment;
    private final StatusReports statusReports;
    private final RequestLimits limits;
    private final MeshFeeds feeds;
    private final Vertx vertx;
    private final ExecutorService threads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("enrol-", 0).factory());

    EnrolmentRoutes(
            TokenVerifier tokens,
            PodGate pods,
            NodeGate nodes,
            Enrolment enrolment,
            StatusReports statusReports,
            RequestLimits limits,
            MeshFeeds feeds,
            Vertx vertx) {
        this.tokens = tokens;
        this.pods = pods;
        this.nodes = nodes;
        this.enrolment = enrolment;
        this.statusReports = statusReports;
        this.limits = limits;
        this.feeds = feeds;
        this.vertx = vertx;
    }

    /** Makes the JSON body of a 200. */
    private interface Answer {
        String of(RoutingContext request) throws MalformedException;
    }

    void routes(@Observes Router router) {
        router.post("/v1/*").handler(BodyHandler.create(false).setBodyLimit(MAX_BODY_BYTES));
        router.post("/v1/address")
                .handler(answer(
                        request -> enrolment.address(pods.admit(token(request))).toJson()));
        router.post("/v1/enroll").handler(answer(request -> {
            EnrolRequest body = EnrolRequest.parse(body(request));
            return enrolment.enrol(pods.admit(token(request)), body.csrPem()).toJson();
        }));
        router.post("/v1/renew").handler(answer(this::renew));
        router.post("/v1/status").handler(answer(request -> {
            NodeGate.Node node = node(request);
            statusReports.take(node, StatusReport.parse(body(request)));
            return new StatusResponse().toJson();
        }));
        router.get("/v1/feed").handler(this::feed);
    }

    void stop(@Observes ShutdownEvent event) {
        threads.shutdownNow();
    }

    private String renew(RoutingContext request) throws MalformedException {
        NodeGate.Node node = node(request);
        EnrolRequest body = EnrolRequest.parse(body(request));
        TokenPod owner = new TokenPod(
                node.held().holder().namespace(),
                node.identity().serviceAccount(),
                node.held().holder().name(),
                node.held().holder().uid());
        return enrolment.enrol(pods.admit(owner), body.csrPem()).toJson();
    }

    private void feed(RoutingContext request) {
        Context context = vertx.getOrCreateContext();
        List<byte[]> chain = peerChain(request.request());
        String version = Optional.ofNullable(request.request().getParam("resourceVersion"))
                .orElse("");
        run(request, () -> {
            NodeGate.Node node = nodes.admit(chain);
            limits.takeForNode(node.identity().node().toString());
            FeedStore store = feeds.of(node.keys().mesh());
            long from = store.resume(version)
                    .orElseThrow(() -> Refused.gone(
                            "ResourceVersionGone",
                            "the resource version " + version
                                    + " is not known here any more: ask again without one to get the list"));
            FeedStream.open(store, from, vertx, context, request.response());
        });
    }

    private io.vertx.core.Handler<RoutingContext> answer(Answer answer) {
        return request -> run(request, () -> send(request, HttpURLConnection.HTTP_OK, answer.of(request)));
    }

    /** Work that may block and may be refused. */
    private interface Work {
        void run() throws MalformedException;
    }

    private void run(RoutingContext request, Work work) {
        threads.execute(() -> {
            try {
                limits.takeForAddress(remote(request));
                work.run();
            } catch (Refused e) {
                LOG.infof(
                        "event=refused path=%s from=%s reason=%s message=\"%s\"",
                        request.normalizedPath(), remote(request), e.reason(), e.text());
                fail(request, e.status(), e.reason(), e.text());
            } catch (MalformedException e) {
                fail(request, HttpURLConnection.HTTP_BAD_REQUEST, "Malformed", String.valueOf(e.getMessage()));
            } catch (RuntimeException e) {
                LOG.errorf(e, "event=request-failed path=%s", request.normalizedPath());
                fail(
                        request,
                        HttpURLConnection.HTTP_UNAVAILABLE,
                        "InternalError",
                        "the operator could not answer (" + e.getClass().getSimpleName()
                                + "); try again, and look at its log if it lasts");
            }
        });
    }

    private TokenPod token(RoutingContext request) {
        String header = request.request().getHeader("Authorization");
        if (header == null || !header.startsWith(BEARER)) {
            throw Refused.unauthorized(
                    "TokenMissing",
                    "send the pod's projected token: Authorization: Bearer <content of the token file>");
        }
        TokenPod pod = tokens.verify(header.substring(BEARER.length()).strip());
        limits.takeForPod(pod);
        return pod;
    }

    private NodeGate.Node node(RoutingContext request) {
        NodeGate.Node node = nodes.admit(peerChain(request.request()));
        limits.takeForNode(node.identity().node().toString());
        return node;
    }

    private static List<byte[]> peerChain(HttpServerRequest request) {
        SSLSession session = request.sslSession();
        return session == null ? List.of() : MeshTls.peerChain(session);
    }

    private static String body(RoutingContext request) throws MalformedException {
        Buffer body = request.body().buffer();
        if (body == null || body.length() == 0) {
            throw new MalformedException(0, "body", "is empty; send JSON");
        }
        return body.toString();
    }

    private static String remote(RoutingContext request) {
        return request.request().remoteAddress() == null
                ? "unknown"
                : request.request().remoteAddress().hostAddress();
    }

    private static void fail(RoutingContext request, int status, String reason, String message) {
        send(request, status, new ApiError(status, reason, message).toJson());
    }

    private static void send(RoutingContext request, int status, String json) {
        if (!request.response().ended() && !request.response().closed()) {
            request.response()
                    .setStatusCode(status)
                    .putHeader("content-type", "application/json")
                    .end(json + "\n");
        }
    }
}
