// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.net.IpAddress;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class HealthServerIT {

    private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");

    private volatile boolean ready;
    private HealthServer server;

    @BeforeEach
    void start() throws IOException {
        server = new HealthServer(LOOPBACK, 0, 0, new NodeStatus() {
            @Override
            public boolean started() {
                return true;
            }

            @Override
            public boolean ready() {
                return ready;
            }

            @Override
            public String statusJson() {
                return "{\"peers\":[]}";
            }

            @Override
            public void writeMetrics(MetricsText metrics) {
                metrics.family("x_total", "counter", "Help.")
                        .sample(3, "peer", "a\"b")
                        .sample(0.25);
            }
        });
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private record Answer(int code, String body) {}

    private static Answer get(int port, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        int code = connection.getResponseCode();
        try (var stream = code < 400 ? connection.getInputStream() : connection.getErrorStream()) {
            return new Answer(code, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void probesFollowTheStatus() throws IOException {
        assertThat(get(server.healthPort(), "/started").code()).isEqualTo(200);
        assertThat(get(server.healthPort(), "/ready").code()).isEqualTo(503);
        ready = true;
        assertThat(get(server.healthPort(), "/ready").code()).isEqualTo(200);
        assertThat(get(server.healthPort(), "/status").body()).isEqualTo("{\"peers\":[]}");
        assertThat(get(server.healthPort(), "/ready/more").code()).isEqualTo(404);
        assertThat(get(server.healthPort(), "/metrics").code()).isEqualTo(404);
    }

    @Test
    void metricsAreInTheTextFormat() throws IOException {
        assertThat(get(server.metricsPort(), "/metrics").body())
                .isEqualTo(
                        "# HELP x_total Help.\n# TYPE x_total counter\nx_total{peer=\"a\\\"b\"} 3\nx_total 0.250000\n");
    }

    @Test
    void takenPortNamesTheSetting() {
        assertThatThrownBy(() -> new HealthServer(LOOPBACK, server.healthPort(), 0, new NodeStatus() {
                    @Override
                    public boolean started() {
                        return false;
                    }

                    @Override
                    public boolean ready() {
                        return false;
                    }

                    @Override
                    public String statusJson() {
                        return "";
                    }

                    @Override
                    public void writeMetrics(MetricsText metrics) {}
                }))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("health.port");
    }
}
