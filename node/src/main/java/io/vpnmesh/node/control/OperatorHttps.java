// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.directory.enrol.ApiError;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the operator: server checked by {@code ca.file} and TLS name, ourselves shown by token or certificate.
 * Plain blocking code for virtual threads; no proxy, no redirect.
 */
final class OperatorHttps {

    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final int ANSWER_TIMEOUT_MS = 15_000;

    /** Two bookmarks missed and a third: the connection is dead. */
    private static final int STREAM_SILENCE_MS = 60_000;

    private static final int MAX_ANSWER_BYTES = 1 << 20;

    private final ControlSource.Operator source;
    private final InstantSource clock;
    private volatile @Nullable Door anonymous;
    private volatile @Nullable Door member;

    /** A way in for unchanged anchors and credentials: kept, so that connections and TLS sessions are used again. */
    private record Door(String anchorsPem, @Nullable NodeCredentials credentials, SSLSocketFactory sockets) {
        private boolean fits(String pem, @Nullable NodeCredentials other) {
            return anchorsPem.equals(pem) && credentials == other;
        }
    }

    OperatorHttps(ControlSource.Operator source, InstantSource clock) {
        this.source = source;
        this.clock = clock;
    }

    /** POST with the projected token. Errors: OperatorException for an answer that is not 2xx, else IOException. */
    String postWithToken(String path, String body) throws IOException {
        HttpsURLConnection connection = open(path, null);
        connection.setRequestProperty("Authorization", "Bearer " + readToken());
        return exchange(connection, body);
    }

    /** POST with the node's certificate. */
    String post(String path, String body, NodeCredentials credentials) throws IOException {
        return exchange(open(path, credentials), body);
    }

    /** GET that stays open; the caller closes the stream. */
    InputStream stream(String path, NodeCredentials credentials) throws IOException {
        HttpsURLConnection connection = open(path, credentials);
        connection.setReadTimeout(STREAM_SILENCE_MS);
        connection.setRequestProperty("Accept", "application/json");
        refuseError(connection);
        return connection.getInputStream();
    }

    private HttpsURLConnection open(String path, @Nullable NodeCredentials credentials) throws IOException {
        HttpsURLConnection connection =
                (HttpsURLConnection) source.url().resolve(path).toURL().openConnection(Proxy.NO_PROXY);
        connection.setSSLSocketFactory(door(credentials).sockets());
        connection.setHostnameVerifier((_, _) -> true); // the trust manager has checked the name we want
        connection.setConnectTimeout(CONNECT_TIMEOUT_MS);
        connection.setReadTimeout(ANSWER_TIMEOUT_MS);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        return connection;
    }

    private Door door(@Nullable NodeCredentials credentials) throws IOException {
        String pem = anchorsPem();
        Door kept = credentials == null ? anonymous : member;
        if (kept != null && kept.fits(pem, credentials)) {
            return kept;
        }
        Door door = new Door(pem, credentials, context(pem, credentials).getSocketFactory());
        if (credentials == null) {
            anonymous = door;
        } else {
            member = door;
        }
        return door;
    }

    private SSLContext context(String pem, @Nullable NodeCredentials credentials) throws IOException {
        try {
            List<X509Certificate> anchors = Pem.certificates(pem);
            return credentials == null
                    ? MeshTls.towardsOperator(anchors, source.tlsName(), clock)
                    : MeshTls.towardsOperator(
                            anchors,
                            source.tlsName(),
                            clock,
                            credentials.keyPair().privateKey(),
                            credentials.tlsChain());
        } catch (MalformedException e) {
            throw new IOException("the operator's anchor " + source.caFile() + " is not usable: " + e.getMessage(), e);
        }
    }

    private String anchorsPem() throws IOException {
        try {
            return Files.readString(source.caFile());
        } catch (IOException e) {
            throw new IOException(
                    "cannot read the operator's anchor " + source.caFile() + "; check ca.file and the ConfigMap", e);
        }
    }

    private String readToken() throws IOException {
        try {
            return Files.readString(source.tokenFile()).strip();
        } catch (IOException e) {
            throw new IOException("cannot read the token " + source.tokenFile() + "; check token.file", e);
        }
    }

    private static String exchange(HttpsURLConnection connection, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setFixedLengthStreamingMode(bytes.length);
        connection.getOutputStream().write(bytes);
        refuseError(connection);
        try (InputStream answer = connection.getInputStream()) {
            return text(answer);
        }
    }

    private static void refuseError(HttpsURLConnection connection) throws IOException {
        int code = connection.getResponseCode();
        if (code >= 200 && code < 300) {
            return;
        }
        String text = "";
        try (InputStream error = connection.getErrorStream()) {
            if (error != null) {
                text = text(error);
            }
        }
        try {
            ApiError error = ApiError.parse(text);
            throw new OperatorException(code, error.reason(), error.message());
        } catch (MalformedException _) {
            throw new OperatorException(code, "", text.isBlank() ? "no explanation" : text.strip());
        }
    }

    private static String text(InputStream stream) throws IOException {
        byte[] bytes = stream.readNBytes(MAX_ANSWER_BYTES + 1);
        if (bytes.length > MAX_ANSWER_BYTES) {
            throw new IOException("the operator's answer is longer than " + MAX_ANSWER_BYTES + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
