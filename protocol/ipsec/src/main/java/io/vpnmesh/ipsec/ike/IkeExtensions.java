// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.SecretBytes;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.PrivateKey;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an endpoint speaks beyond the base protocol. The secrets outlive a process and shorten the way back after a
 * restart; without one, its extension is not spoken.
 *
 * @param meshPeer says that it belongs to a mesh of ours, by a Vendor ID, and uses the private notifies with peers that
 *     do too. Without it every peer is a foreign one
 * @param crashSecret makes the tokens of quick crash detection (RFC 6290); the same before and after a restart
 * @param ticketSecret seals the tickets of session resumption (RFC 5723); a gateway's own, or shared by its replicas
 * @param resume keep tickets that gateways give us, and come back by them
 */
public record IkeExtensions(
        boolean meshPeer,
        @Nullable SecretBytes crashSecret,
        @Nullable SecretBytes ticketSecret,
        boolean resume) {

    /** A member of a mesh, and nothing that needs a secret. */
    public static final IkeExtensions MESH = new IkeExtensions(true, null, null, false);

    /** Plain IKEv2. */
    public static final IkeExtensions NONE = new IkeExtensions(false, null, null, false);

    public IkeExtensions withCrashSecret(SecretBytes secret) {
        return new IkeExtensions(meshPeer, secret, ticketSecret, resume);
    }

    /**
     * The same with a crash secret that comes from the node's own key, which outlives the process already.
     *
     * @param key one that can be encoded
     */
    public IkeExtensions withCrashSecretOf(PrivateKey key) {
        byte[] encoded = key.getEncoded();
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update("vpnmesh crash secret v1".getBytes(StandardCharsets.US_ASCII));
            return withCrashSecret(SecretBytes.owning(sha.digest(encoded)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    public IkeExtensions withTicketSecret(SecretBytes secret) {
        return new IkeExtensions(meshPeer, crashSecret, secret, resume);
    }

    public IkeExtensions withResumption() {
        return new IkeExtensions(meshPeer, crashSecret, ticketSecret, true);
    }
}
