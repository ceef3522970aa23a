// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import io.vpnmesh.cli.CliException;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A mesh as a folder:
 *
 * <pre>
 * mesh.json  root/key.pem root/cert.pem
 * clusters/NAME/cluster.json key.pem full.pem foreign.pem
 * nodes/NAME/peer.json key.pem chain.pem roots.pem        (an identity folder)
 * </pre>
 */
record LabFolder(Path path) {

    Path root() {
        return path.resolve("root");
    }

    Path cluster(String name) {
        return path.resolve("clusters").resolve(name);
    }

    Path node(String name) {
        return path.resolve("nodes").resolve(name);
    }

    Path meshFile() {
        return path.resolve("mesh.json");
    }

    boolean exists() {
        return Files.exists(meshFile()) || Files.exists(root().resolve("key.pem"));
    }

    LabMesh mesh() {
        if (!Files.exists(meshFile())) {
            throw new CliException(path + " holds no mesh: make one with 'kubectl vpnmesh lab ca --dir " + path
                    + " --cluster NAME=CIDR'");
        }
        return parsed(meshFile(), LabMesh::parse);
    }

    LabCluster clusterFile(String name) {
        Path file = cluster(name).resolve("cluster.json");
        if (!Files.exists(file)) {
            throw new CliException("there is no cluster " + name + " in " + path + "; it has " + clusters()
                    + ". Add it: lab ca" + " --dir " + path + " --cluster " + name + "=CIDR");
        }
        return parsed(file, LabCluster::parse);
    }

    List<String> clusters() {
        return names(path.resolve("clusters"));
    }

    List<String> nodes() {
        return names(path.resolve("nodes"));
    }

    LabNode nodeFile(String name) {
        Path file = node(name).resolve("peer.json");
        if (!Files.exists(file)) {
            throw new CliException("there is no node " + name + " in " + path + "; it has " + nodes());
        }
        return parsed(file, LabNode::parse);
    }

    MeshKeyPair key(Path folder) {
        return parsed(folder.resolve("key.pem"), text -> MeshKeyPair.of(Pem.privateKey(text)));
    }

    X509Certificate certificate(Path folder, String name) {
        return parsed(folder.resolve(name), text -> Pem.certificates(text).getFirst());
    }

    /** A file for its owner only. */
    static void writePrivate(Path file, String text) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.deleteIfExists(file);
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            Files.writeString(file, text, StandardOpenOption.CREATE);
        } catch (IOException e) {
            throw new CliException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** Replaced in one step, because a running node may be reading it. */
    static void write(Path file, String text) {
        try {
            Path parent = file.toAbsolutePath().getParent();
            Files.createDirectories(parent);
            Path fresh = Files.createTempFile(parent, "." + file.getFileName(), "");
            Files.writeString(fresh, text);
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new CliException("cannot write " + file + ": " + e.getMessage(), e);
        }
    }

    /** Errors: CliException unless the name can be a DNS label and so a folder. */
    static String label(String name, String what) {
        if (!name.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
            throw new CliException(what + " '" + name + "' is not a DNS label: use lower-case letters, digits and '-'");
        }
        return name;
    }

    private interface Parser<T> {
        T parse(String text) throws MalformedException;
    }

    private static <T> T parsed(Path file, Parser<T> parser) {
        try {
            return parser.parse(Files.readString(file));
        } catch (IOException e) {
            throw new CliException("cannot read " + file + ": " + e.getMessage(), e);
        } catch (MalformedException e) {
            throw new CliException(file + ": " + e.field() + " " + e.problem(), e);
        }
    }

    private static List<String> names(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            List<String> names = new ArrayList<>(
                    entries.map(entry -> entry.getFileName().toString()).toList());
            names.sort(null);
            return names;
        } catch (IOException e) {
            throw new CliException("cannot list " + folder + ": " + e.getMessage(), e);
        }
    }
}
