// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import io.vpnmesh.cli.CliException;
import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes a mesh's root and cluster intermediates in a folder; adds clusters to a mesh that is there. */
@Command(
        name = "ca",
        mixinStandardHelpOptions = true,
        description = {
            "Make a mesh: root key, and one intermediate per cluster.",
            "On a folder that holds a mesh it adds the clusters named; a root is never made again."
        })
final class LabCaCommand implements Callable<Integer> {

    private static final Duration ROOT_VALIDITY = Duration.ofDays(3650);
    private static final Duration CLUSTER_VALIDITY = Duration.ofDays(730);

    @Spec
    private CommandSpec spec;

    @Option(names = "--dir", required = true, paramLabel = "FOLDER", description = "Where the mesh lies.")
    private Path dir;

    @Option(
            names = "--name",
            defaultValue = "lab",
            paramLabel = "NAME",
            description = "Of the mesh, for people; ${DEFAULT-VALUE} unless given.")
    private String name;

    @Option(
            names = "--suite",
            defaultValue = "default",
            paramLabel = "SUITE",
            description = "default (Ed25519) or fips (P-256).")
    private String suite;

    @Option(
            names = "--range",
            paramLabel = "CIDR",
            description = "Overlay range of the whole mesh; 198.18.0.0/16 unless given.")
    private List<String> ranges = List.of("198.18.0.0/16");

    @Option(names = "--stun", paramLabel = "HOST:PORT", description = "STUN servers outside of all clusters.")
    private List<String> stunServers = List.of();

    @Option(
            names = "--cluster",
            paramLabel = "NAME=CIDR[,CIDR]",
            description = "A cluster and the prefixes that its nodes get addresses from.")
    private @Nullable Map<String, String> clusters;

    private final InstantSource clock = InstantSource.system();
    private final SecureRandom random = new SecureRandom();

    @Override
    public Integer call() {
        LabFolder folder = new LabFolder(dir);
        Map<String, List<Cidr>> wanted = wanted();
        LabMesh mesh = folder.exists() ? folder.mesh() : newMesh(folder);
        for (Map.Entry<String, List<Cidr>> cluster : wanted.entrySet()) {
            refuseOverlaps(folder, mesh, cluster.getKey(), cluster.getValue());
            newCluster(folder, mesh, cluster.getKey(), cluster.getValue());
        }
        return 0;
    }

    private Map<String, List<Cidr>> wanted() {
        Map<String, List<Cidr>> wanted = new LinkedHashMap<>();
        (clusters == null ? Map.<String, String>of() : clusters).forEach((cluster, prefixes) -> {
            List<Cidr> parsed = new ArrayList<>();
            for (String prefix : prefixes.split(",", -1)) {
                parsed.add(cidr(prefix));
            }
            wanted.put(LabFolder.label(cluster, "cluster"), parsed);
        });
        return wanted;
    }

    private LabMesh newMesh(LabFolder folder) {
        byte[] id = new byte[MeshId.LENGTH_BYTES];
        random.nextBytes(id);
        LabMesh mesh = new LabMesh(
                name,
                MeshId.of(id),
                suiteName(),
                ranges.stream().map(LabCaCommand::cidr).toList(),
                stunServers);
        MeshKeyPair key = MeshKeyPair.generate(mesh.suite(), random);
        X509Certificate root = CertificateIssuer.newRoot(mesh.id(), key, clock.instant(), ROOT_VALIDITY, random);
        LabFolder.writePrivate(folder.root().resolve("key.pem"), Pem.encode(key.privateKey()));
        LabFolder.write(folder.root().resolve("cert.pem"), Pem.encode(root));
        LabFolder.write(folder.meshFile(), mesh.toJson() + "\n");
        spec.commandLine().getOut().println("mesh " + mesh.id() + " in " + dir);
        return mesh;
    }

    private SuiteName suiteName() {
        try {
            return SuiteName.parse(suite);
        } catch (IllegalArgumentException e) {
            throw new CliException(String.valueOf(e.getMessage()), e);
        }
    }

    private void refuseOverlaps(LabFolder folder, LabMesh mesh, String cluster, List<Cidr> prefixes) {
        if (Files.exists(folder.cluster(cluster))) {
            throw new CliException("cluster " + cluster + " is there already; its key is never made again. Remove "
                    + folder.cluster(cluster) + " yourself if you mean it");
        }
        for (Cidr prefix : prefixes) {
            if (mesh.prefixes().stream().noneMatch(range -> range.contains(prefix))) {
                throw new CliException(
                        prefix + " of cluster " + cluster + " is outside the mesh's range " + mesh.prefixes());
            }
            for (String other : folder.clusters()) {
                if (folder.clusterFile(other).prefixes().stream().anyMatch(taken -> taken.overlaps(prefix))) {
                    throw new CliException(prefix + " overlaps the prefixes of cluster " + other + ": choose another");
                }
            }
        }
    }

    private void newCluster(LabFolder folder, LabMesh mesh, String cluster, List<Cidr> prefixes) {
        byte[] id = new byte[ClusterId.LENGTH_BYTES];
        random.nextBytes(id);
        LabCluster made = new LabCluster(cluster, ClusterId.of(id), prefixes);
        MeshKeyPair key = MeshKeyPair.generate(mesh.suite(), random);
        CertificateIssuer root = new CertificateIssuer(
                folder.certificate(folder.root(), "cert.pem"),
                folder.key(folder.root()).privateKey(),
                random);
        ClusterDomain domain = new ClusterDomain(mesh.id(), made.id());
        Instant now = clock.instant();
        Path place = folder.cluster(cluster);
        LabFolder.writePrivate(place.resolve("key.pem"), Pem.encode(key.privateKey()));
        LabFolder.write(
                place.resolve("full.pem"),
                Pem.encode(root.newIntermediate(
                        IntermediateKind.FULL, domain, key.publicKey(), prefixes, now, CLUSTER_VALIDITY)));
        LabFolder.write(
                place.resolve("foreign.pem"),
                Pem.encode(root.newIntermediate(
                        IntermediateKind.FOREIGN, domain, key.publicKey(), prefixes, now, CLUSTER_VALIDITY)));
        LabFolder.write(place.resolve("cluster.json"), made.toJson() + "\n");
        spec.commandLine().getOut().println("cluster " + cluster + " " + made.id() + " " + prefixes);
    }

    private static Cidr cidr(String text) {
        try {
            return Cidr.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(e.getMessage() + "; write a prefix such as 198.18.0.0/20", e);
        }
    }
}
