// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.id;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** Names a node (pod, relay or host) of a mesh; stable over key renewal and container restarts, ordered as unsigned. */
public record NodeId(long high, long low) implements Comparable<NodeId> {

    public static final int LENGTH_BYTES = Id128.LENGTH_BYTES;

    /** Errors: IllegalArgumentException unless 16 bytes. */
    public static NodeId of(byte[] bytes) {
        Id128 id = Id128.of(bytes, "node id");
        return new NodeId(id.high(), id.low());
    }

    /** Parses 26 characters of lower-case base32; IllegalArgumentException for anything else. */
    public static NodeId parse(String text) {
        Id128 id = Id128.parse(text, "node id");
        return new NodeId(id.high(), id.low());
    }

    public byte[] bytes() {
        return new Id128(high, low).bytes();
    }

    @Override
    public int compareTo(NodeId other) {
        return Id128.compare(high, low, other.high, other.low);
    }

    @Override
    public String toString() {
        return new Id128(high, low).text();
    }

    /** The node id of a pod: the first 16 bytes of SHA-256(mesh id, cluster id, pod uid as text). */
    public static NodeId ofPod(MeshId mesh, ClusterId cluster, String podUid) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(mesh.bytes());
            sha256.update(cluster.bytes());
            byte[] hash = sha256.digest(podUid.getBytes(StandardCharsets.UTF_8));
            return of(Arrays.copyOf(hash, LENGTH_BYTES));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
