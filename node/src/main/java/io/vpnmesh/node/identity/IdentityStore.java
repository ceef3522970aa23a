// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.identity;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.enrol.EnrolResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;

/**
 * What outlives the process: key, certificates, last feed and boot epoch, in {@code state.dir}, each file 0400 and
 * replaced atomically. A killed process comes back with it, operator or no operator.
 */
public final class IdentityStore {

    private static final System.Logger LOG = System.getLogger(IdentityStore.class.getName());

    private static final String KEY = "key.pem";
    private static final String LEAF = "certificate.pem";
    private static final String INTERMEDIATE = "intermediate.pem";
    private static final String FOREIGN = "foreign-intermediate.pem";
    private static final String ROOTS = "roots.pem";
    private static final String RENEW_AFTER = "renew-after";
    private static final String FEED = "feed.jsonl";
    private static final String BOOT_EPOCH = "boot-epoch";

    private final Path folder;

    /** Errors: IOException that names the folder when it can be neither used nor made. */
    public IdentityStore(Path folder) throws IOException {
        this.folder = folder;
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (!Files.isWritable(folder)) {
            throw new IOException("cannot write to " + folder + "; set state.dir to a folder of this process's user");
        }
    }

    /** The node's key; made when there is none of this suite yet, kept over renewals. */
    public MeshKeyPair keyPair(SuiteName suite, SecureRandom random) throws IOException {
        Path file = folder.resolve(KEY);
        if (Files.exists(file)) {
            try {
                MeshKeyPair pair = MeshKeyPair.of(Pem.privateKey(Files.readString(file)));
                if (pair.suite() == suite) {
                    return pair;
                }
            } catch (MalformedException e) {
                LOG.log(System.Logger.Level.WARNING, "event=key-replaced reason=\"" + e.getMessage() + "\"");
            }
        }
        MeshKeyPair pair = MeshKeyPair.generate(suite, random);
        PrivateFile.write(file, Pem.encode(pair.privateKey()));
        return pair;
    }

    /** Keeps what the operator signed, and returns it checked. */
    public NodeCredentials save(MeshKeyPair keyPair, EnrolResponse response, Instant now)
            throws IOException, UnusableCredentialsException {
        try {
            NodeCredentials credentials = NodeCredentials.of(
                    keyPair,
                    Pem.certificate(response.certificatePem()),
                    Pem.certificate(response.intermediatePem()),
                    Pem.certificate(response.foreignIntermediatePem()),
                    Pem.certificates(String.join("", response.rootsPem())),
                    response.renewAfter(),
                    now);
            PrivateFile.write(folder.resolve(INTERMEDIATE), response.intermediatePem());
            PrivateFile.write(folder.resolve(FOREIGN), response.foreignIntermediatePem());
            PrivateFile.write(folder.resolve(ROOTS), String.join("", response.rootsPem()));
            PrivateFile.write(folder.resolve(RENEW_AFTER), response.renewAfter().toString());
            PrivateFile.write(folder.resolve(LEAF), response.certificatePem());
            return credentials;
        } catch (MalformedException e) {
            throw new UnusableCredentialsException("the operator's answer is not usable: " + e.getMessage(), e);
        }
    }

    /** The kept credentials if they are complete and valid now; why they are not goes to the log. */
    public Optional<NodeCredentials> load(MeshKeyPair keyPair, Instant now) {
        if (!Files.exists(folder.resolve(LEAF))) {
            return Optional.empty();
        }
        try {
            return Optional.of(NodeCredentials.of(
                    keyPair,
                    Pem.certificate(read(LEAF)),
                    Pem.certificate(read(INTERMEDIATE)),
                    Pem.certificate(read(FOREIGN)),
                    Pem.certificates(read(ROOTS)),
                    Instant.parse(read(RENEW_AFTER)),
                    now));
        } catch (IOException | MalformedException | DateTimeParseException | UnusableCredentialsException e) {
            LOG.log(
                    System.Logger.Level.WARNING,
                    "event=kept-certificate-unusable reason=\"" + e.getMessage() + "\" next=enrol");
            return Optional.empty();
        }
    }

    private String read(String name) throws IOException {
        return Files.readString(folder.resolve(name));
    }

    /** Keeps the feed, one JSON object a line. */
    public void saveFeed(List<String> lines) throws IOException {
        PrivateFile.write(folder.resolve(FEED), String.join("\n", lines) + "\n");
    }

    /** The kept feed; empty when there is none. */
    public List<String> loadFeed() {
        try {
            return Files.readAllLines(folder.resolve(FEED));
        } catch (IOException _) {
            return List.of();
        }
    }

    /** Whether a process with this store ran before. */
    public boolean startedBefore() {
        return Files.exists(folder.resolve(BOOT_EPOCH));
    }

    /** The boot epoch of this start: the wall clock, or one above the last epoch when the clock went back. */
    public long nextBootEpoch(long nowMs) throws IOException {
        Path file = folder.resolve(BOOT_EPOCH);
        long epoch = nowMs;
        if (Files.exists(file)) {
            try {
                epoch = Math.max(nowMs, Long.parseLong(Files.readString(file).strip()) + 1);
            } catch (NumberFormatException _) {
                // a broken file counts as none
            }
        }
        PrivateFile.write(file, Long.toString(epoch));
        return epoch;
    }
}
