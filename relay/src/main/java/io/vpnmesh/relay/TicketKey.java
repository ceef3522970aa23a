// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.node.config.ConfigException;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.config.NodeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;

/** The key that the relays of a mesh share, so that a lease of one is proof at another. */
final class TicketKey {

    private static final int KEY_BYTES = 32;
    private static final int LEAST_FILE_BYTES = 16;

    private TicketKey() {}

    /**
     * From the configured file, hashed to the right length; outside Kubernetes a missing file means one relay alone, with
     * a key of its own.
     */
    static SecretBytes read(NodeConfig config, SecureRandom random) throws ConfigException {
        Path file = config.ticketKeyFile();
        if (!Files.exists(file) && config.control() instanceof ControlSource.Files) {
            byte[] key = new byte[KEY_BYTES];
            random.nextBytes(key);
            return SecretBytes.owning(key);
        }
        try {
            byte[] content = Files.readAllBytes(file);
            if (content.length < LEAST_FILE_BYTES) {
                throw new ConfigException("the ticket key " + file + " has " + content.length + " bytes; it needs "
                        + LEAST_FILE_BYTES + " random bytes or more, the same for all relays of the mesh");
            }
            byte[] key = MessageDigest.getInstance("SHA-256").digest(content);
            Arrays.fill(content, (byte) 0);
            return SecretBytes.owning(key);
        } catch (IOException e) {
            throw new ConfigException("cannot read the ticket key " + file + "; check ticket.key-file", e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
