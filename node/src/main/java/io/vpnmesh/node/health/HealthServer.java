// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.health;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vpnmesh.core.net.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;

/** GET /started, /ready and /status on one port, GET /metrics on another, on the pod's own address only. */
public final class HealthServer implements AutoCloseable {

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final int BACKLOG = 16;

    private record Page(int code, String contentType, String body) {}

    private final HttpServer health;
    private final HttpServer metrics;

    /** Starts to listen. Units: port 0 takes a free one. Errors: IOException that names the port. */
    public HealthServer(IpAddress address, int healthPort, int metricsPort, NodeStatus status) throws IOException {
        health = listen(address, healthPort, "health.port");
        try {
            metrics = listen(address, metricsPort, "metrics.port");
        } catch (IOException e) {
            health.stop(0);
            throw e;
        }
        serve(health, "/started", () -> probe(status.started()));
        serve(health, "/ready", () -> probe(status.ready()));
        serve(health, "/status", () -> new Page(200, "application/json", status.statusJson()));
        serve(metrics, "/metrics", () -> {
            MetricsText text = new MetricsText();
            status.writeMetrics(text);
            return new Page(200, MetricsText.CONTENT_TYPE, text.toString());
        });
        health.start();
        metrics.start();
    }

    private static HttpServer listen(IpAddress address, int port, String setting) throws IOException {
        InetSocketAddress socket = new InetSocketAddress(InetAddress.getByAddress(address.bytes()), port);
        try {
            return HttpServer.create(socket, BACKLOG);
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on TCP " + address + " port " + port + " (" + e.getMessage() + "); change "
                            + setting,
                    e);
        }
    }

    private static Page probe(boolean yes) {
        return new Page(yes ? 200 : 503, TEXT, yes ? "ok\n" : "not yet\n");
    }

    private static void serve(HttpServer server, String path, Supplier<Page> page) {
        server.createContext(path, exchange -> {
            try (exchange) {
                boolean known = exchange.getRequestURI().getPath().equals(path);
                if (!known) {
                    answer(exchange, new Page(404, TEXT, "no such page\n"));
                } else if (!exchange.getRequestMethod().equals("GET")) {
                    answer(exchange, new Page(405, TEXT, "only GET\n"));
                } else {
                    answer(exchange, page.get());
                }
            }
        });
    }

    private static void answer(HttpExchange exchange, Page page) throws IOException {
        byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", page.contentType());
        exchange.sendResponseHeaders(page.code(), body.length);
        exchange.getResponseBody().write(body);
    }

    public int healthPort() {
        return health.getAddress().getPort();
    }

    public int metricsPort() {
        return metrics.getAddress().getPort();
    }

    @Override
    public void close() {
        health.stop(0);
        metrics.stop(0);
    }
}
