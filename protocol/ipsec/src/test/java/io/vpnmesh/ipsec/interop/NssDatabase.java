// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.x509.Pem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;

/** Keys and certificates where libreswan looks for them: an NSS database with a leaf, its key and the root. */
final class NssDatabase {

    /** The nickname of the leaf and its key. */
    static final String LEAF = "leaf";

    private static final String PASSWORD = "interop";

    private NssDatabase() {}

    /** @param folder which becomes the database */
    static void fill(Path folder, Installation installation, Identities.Credentials credentials) throws IOException {
        Files.createDirectories(folder);
        Path root = folder.resolve("root.pem");
        Path bundle = folder.resolve("leaf.p12");
        Files.writeString(root, Pem.encode(credentials.root()));
        try (OutputStream out = Files.newOutputStream(bundle)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(LEAF, credentials.key(), PASSWORD.toCharArray(), new Certificate[] {credentials.leaf()});
            store.store(out, PASSWORD.toCharArray());
        } catch (GeneralSecurityException e) {
            throw new IOException("no PKCS #12 of the leaf", e);
        }
        String database = "sql:" + folder;
        run(installation, "certutil", "-N", "--empty-password", "-d", database);
        run(installation, "certutil", "-A", "-n", "root", "-t", "CT,,", "-i", root.toString(), "-d", database);
        run(installation, "pk12util", "-i", bundle.toString(), "-W", PASSWORD, "-d", database);
    }

    private static void run(Installation installation, String... command) throws IOException {
        Commands.run(installation.command(command).toArray(String[]::new));
    }
}
