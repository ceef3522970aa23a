// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.join;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * What {@code invite} prints: all that a cluster needs to join, as one word.
 *
 * @param rootSha256 of the mesh's root certificate, 32 bytes
 * @param relays HOST:PORT of relays' TLS, at least one
 * @param expires whole seconds
 */
public record JoinToken(MeshId mesh, byte[] rootSha256, List<String> relays, JoinSecret secret, Instant expires) {

    private static final String PREFIX = "vpnmesh-join-1.";
    private static final int FINGERPRINT_BYTES = 32;
    private static final int CHECK_BYTES = 4;
    private static final int MAX_CHARACTERS = 4096;
    private static final int MAX_RELAYS = 16;

    public JoinToken {
        relays = List.copyOf(relays);
        if (rootSha256.length != FINGERPRINT_BYTES) {
            throw new IllegalArgumentException("a SHA-256 has 32 bytes");
        }
        if (relays.isEmpty() || relays.size() > MAX_RELAYS) {
            throw new IllegalArgumentException("a token names 1 to " + MAX_RELAYS + " relays, not " + relays.size());
        }
        for (String relay : relays) {
            if (!relay.matches("(\\[[0-9a-fA-F:.]+]|[A-Za-z0-9.-]+):[0-9]{1,5}")) {
                throw new IllegalArgumentException("relay is not HOST:PORT: " + relay);
            }
        }
        expires = Instant.ofEpochSecond(expires.getEpochSecond());
    }

    public boolean isExpired(Instant now) {
        return !now.isBefore(expires);
    }

    /** The secret text. Print it once, never log it. */
    public String text() {
        byte[] body = Cbor.encode(CborMap.builder()
                .put(1, mesh.bytes())
                .put(2, rootSha256)
                .put(3, relays.stream().map(CborValue::of).toList())
                .put(4, secret.bytes().expose())
                .put(5, expires.getEpochSecond())
                .build());
        byte[] whole = Arrays.copyOf(body, body.length + CHECK_BYTES);
        System.arraycopy(check(body), 0, whole, body.length, CHECK_BYTES);
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(whole);
    }

    /** Errors: MalformedException in words for the person who pasted it. */
    public static JoinToken parse(String text) throws MalformedException {
        String word = text.strip();
        if (!word.startsWith(PREFIX) || word.length() > MAX_CHARACTERS) {
            throw new MalformedException(
                    0,
                    "join token",
                    "does not start with " + PREFIX + "; paste the whole output of 'kubectl vpnmesh invite'");
        }
        byte[] whole;
        try {
            whole = Base64.getUrlDecoder().decode(word.substring(PREFIX.length()));
        } catch (IllegalArgumentException _) {
            throw damaged();
        }
        if (whole.length < CHECK_BYTES) {
            throw damaged();
        }
        byte[] body = Arrays.copyOf(whole, whole.length - CHECK_BYTES);
        if (!MessageDigest.isEqual(check(body), Arrays.copyOfRange(whole, body.length, whole.length))) {
            throw damaged();
        }
        return CborValue.guarded("join token", Cbor.decode(body), JoinToken::read);
    }

    private static JoinToken read(CborValue value) throws MalformedException {
        CborMap map = value.asMap("join token");
        return new JoinToken(
                MeshId.of(map.need(1, "mesh id").asBytes("mesh id")),
                map.need(2, "root fingerprint").asBytes("root fingerprint"),
                map.need(3, "relays").asList("relays", MAX_RELAYS, item -> item.asText("relay")),
                new JoinSecret(SecretBytes.owning(
                        map.need(4, "secret").asBytes("secret").clone())),
                Instant.ofEpochSecond(map.need(5, "expiry").asInt("expiry", 0, Integer.MAX_VALUE * 4L)));
    }

    private static byte[] check(byte[] body) {
        try {
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(body), CHECK_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static MalformedException damaged() {
        return new MalformedException(
                0, "join token", "is cut off or changed; copy the whole word that 'kubectl vpnmesh invite' printed");
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof JoinToken that
                && mesh.equals(that.mesh)
                && Arrays.equals(rootSha256, that.rootSha256)
                && relays.equals(that.relays)
                && secret.equals(that.secret)
                && expires.equals(that.expires);
    }

    @Override
    public int hashCode() {
        return mesh.hashCode() * 31 + Arrays.hashCode(rootSha256);
    }

    /** Without the secret. */
    @Override
    public String toString() {
        return "JoinToken[mesh=" + mesh + ", relays=" + relays + ", expires=" + expires + "]";
    }
}
