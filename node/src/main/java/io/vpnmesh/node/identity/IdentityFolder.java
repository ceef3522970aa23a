// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.identity;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * Credentials outside Kubernetes, made by somebody else: {@code key.pem} (PKCS #8), {@code chain.pem} (leaf, full
 * intermediate, and the foreign one if there is one) and {@code roots.pem}.
 */
public final class IdentityFolder {

    private IdentityFolder() {}

    /** Errors: UnusableCredentialsException that names the file. */
    public static NodeCredentials read(Path folder, Instant now) throws UnusableCredentialsException {
        Path keyFile = folder.resolve("key.pem");
        Path chainFile = folder.resolve("chain.pem");
        Path rootsFile = folder.resolve("roots.pem");
        Path reading = keyFile;
        try {
            MeshKeyPair keyPair = MeshKeyPair.of(Pem.privateKey(Files.readString(keyFile)));
            reading = chainFile;
            List<X509Certificate> chain = Pem.certificates(Files.readString(chainFile));
            reading = rootsFile;
            List<X509Certificate> roots = Pem.certificates(Files.readString(rootsFile));
            if (chain.size() < 2) {
                throw new UnusableCredentialsException(
                        chainFile + " has one certificate; it needs the leaf and behind it the intermediate");
            }
            X509Certificate foreign = chain.size() > 2 ? chain.get(2) : chain.get(1);
            return NodeCredentials.of(keyPair, chain.get(0), chain.get(1), foreign, roots, Instant.MAX, now);
        } catch (IOException e) {
            throw new UnusableCredentialsException(
                    "cannot read " + reading + "; identity.dir needs key.pem, chain.pem and roots.pem", e);
        } catch (MalformedException e) {
            throw new UnusableCredentialsException(reading + ": " + e.getMessage(), e);
        }
    }
}
