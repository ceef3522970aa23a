// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.cluster.Cluster;
import io.vpnmesh.e2e.run.Command;
import io.vpnmesh.e2e.run.LabException;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A download by an ordinary curl in a pod, watched byte by byte: how much has come, and the longest time in which
/// nothing came.
public final class Download implements AutoCloseable {
    private static final int CHUNK_BYTES = 16 * 1024;

    private final Process curl;
    private final CompletableFuture<Result> result = new CompletableFuture<>();
    private volatile long received;
    private volatile long longestGapNs;

    /// @param sha256 of all bytes, in hexadecimal
    public record Result(long bytes, String sha256, Duration longestGap, int exit) {}

    private Download(Process curl) {
        this.curl = curl;
        Thread.ofPlatform().daemon().name("download").start(this::read);
    }

    /// Starts curl in the pod, held to a rate, so that it lasts.
    public static Download start(
            Cluster cluster, String namespace, String pod, String container, String url, String rate) {
        Command command = cluster.kubectl(
                "exec",
                "-n",
                namespace,
                pod,
                "-c",
                container,
                "--",
                "curl",
                "-sS",
                "--fail",
                "--limit-rate",
                rate,
                url);
        try {
            return new Download(new ProcessBuilder(command.arguments())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start());
        } catch (IOException e) {
            throw new LabException("cannot start kubectl: " + e.getMessage(), e);
        }
    }

    private void read() {
        try (InputStream stream = curl.getInputStream()) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[CHUNK_BYTES];
            long lastNs = System.nanoTime();
            for (int length = stream.read(chunk); length >= 0; length = stream.read(chunk)) {
                long nowNs = System.nanoTime();
                if (received > 0) {
                    longestGapNs = Math.max(longestGapNs, nowNs - lastNs);
                }
                lastNs = nowNs;
                digest.update(chunk, 0, length);
                received += length;
            }
            String sha256 = HexFormat.of().formatHex(digest.digest());
            result.complete(new Result(received, sha256, Duration.ofNanos(longestGapNs), curl.waitFor()));
        } catch (IOException | NoSuchAlgorithmException e) {
            result.completeExceptionally(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            result.completeExceptionally(e);
        }
    }

    public long receivedBytes() {
        return received;
    }

    public boolean isRunning() {
        return !result.isDone();
    }

    /// The longest gap so far; the next one is measured from here.
    public Duration takeLongestGap() {
        Duration gap = Duration.ofNanos(longestGapNs);
        longestGapNs = 0;
        return gap;
    }

    /// Errors: [LabException] when it does not end in time.
    public Result await(Duration limit) {
        try {
            return result.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new LabException(
                    "the download stands at %d bytes after %d s".formatted(received, limit.toSeconds()), e);
        } catch (ExecutionException e) {
            throw new LabException("the download broke: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted while downloading", e);
        }
    }

    @Override
    public void close() {
        curl.destroy();
    }
}
