// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import io.vpnmesh.cli.CliException;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RelayEndpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes or renews the identity of one node: a folder for {@code identity.dir}. */
@Command(
        name = "identity",
        mixinStandardHelpOptions = true,
        description = {
            "Make a node's key and certificate in FOLDER/nodes/NAME, ready as identity.dir.",
            "For a node that is there it renews the certificate with a new key and the next generation."
        })
final class LabIdentityCommand implements Callable<Integer> {

    /** What a choice on the command line means. */
    enum Role {
        sidecar,
        relay
    }

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "NAME", description = "Of the node.")
    private String name;

    @Option(names = "--dir", required = true, paramLabel = "FOLDER", description = "Where the mesh lies.")
    private Path dir;

    @Option(names = "--cluster", required = true, paramLabel = "NAME", description = "The cluster that it belongs to.")
    private String cluster;

    @Option(
            names = "--role",
            defaultValue = "sidecar",
            paramLabel = "ROLE",
            description = "sidecar (any host) or relay.")
    private Role role;

    @Option(
            names = "--address",
            paramLabel = "IP",
            description = "Overlay address; the next free one of each prefix unless given.")
    private List<String> addresses = List.of();

    @Option(names = "--udp", paramLabel = "IP:PORT", description = "Relays only: where it is reached by UDP.")
    private List<String> udp = List.of();

    @Option(names = "--tls", paramLabel = "IP:PORT", description = "Relays only: where it is reached by TLS.")
    private List<String> tls = List.of();

    @Option(
            names = "--home-relay",
            paramLabel = "NODE",
            description = "Relays that it is attached to; all relays of the mesh, at most two, unless given.")
    private List<String> homeRelays = List.of();

    @Option(
            names = "--days",
            defaultValue = "365",
            paramLabel = "N",
            description = "Validity; ${DEFAULT-VALUE} unless given.")
    private int days;

    private final InstantSource clock = InstantSource.system();
    private final SecureRandom random = new SecureRandom();

    @Override
    public Integer call() {
        LabFolder folder = new LabFolder(dir);
        LabMesh mesh = folder.mesh();
        LabCluster owner = folder.clusterFile(cluster);
        LabFolder.label(name, "node");
        @Nullable LabNode before = folder.nodes().contains(name) ? folder.nodeFile(name) : null;
        NodeIdentity identity = identity(folder, mesh, owner, before);
        PeerRecord peer = peer(folder, identity);
        MeshKeyPair key = MeshKeyPair.generate(mesh.suite(), random);
        Path authority = folder.cluster(cluster);
        X509Certificate full = folder.certificate(authority, "full.pem");
        X509Certificate leaf = new CertificateIssuer(full, folder.key(authority).privateKey(), random)
                .newLeaf(key.publicKey(), identity, clock.instant(), Duration.ofDays(days));
        Path place = folder.node(name);
        LabFolder.writePrivate(place.resolve("key.pem"), Pem.encode(key.privateKey()));
        LabFolder.write(
                place.resolve("chain.pem"),
                Pem.encode(List.of(leaf, full, folder.certificate(authority, "foreign.pem"))));
        LabFolder.write(place.resolve("roots.pem"), Pem.encode(folder.certificate(folder.root(), "cert.pem")));
        LabFolder.write(place.resolve("peer.json"), new LabNode(owner.id(), peer).toJson() + "\n");
        spec.commandLine()
                .getOut()
                .println("node " + name + " " + identity.node() + " " + identity.addresses() + " in " + place);
        return 0;
    }

    private NodeIdentity identity(LabFolder folder, LabMesh mesh, LabCluster owner, @Nullable LabNode before) {
        if (before != null && !before.cluster().equals(owner.id())) {
            throw new CliException("node " + name + " belongs to another cluster; choose another name, or remove "
                    + folder.node(name));
        }
        List<IpAddress> owned = addresses.isEmpty()
                ? before != null ? before.record().addresses() : free(folder, owner)
                : addresses.stream().map(LabIdentityCommand::address).toList();
        for (IpAddress address : owned) {
            if (owner.prefixes().stream().noneMatch(prefix -> prefix.contains(address))) {
                throw new CliException("address " + address + " is outside the prefixes of cluster " + cluster + ": "
                        + owner.prefixes());
            }
            if (taken(folder).contains(address)) {
                throw new CliException("address " + address + " belongs to another node already: choose a free one");
            }
        }
        return new NodeIdentity(
                mesh.id(),
                owner.id(),
                NodeId.ofPod(mesh.id(), owner.id(), name),
                before == null ? 1 : before.record().generation() + 1,
                role == Role.relay ? NodeRole.RELAY : NodeRole.SIDECAR,
                mesh.name(),
                name,
                owned);
    }

    private PeerRecord peer(LabFolder folder, NodeIdentity identity) {
        if (role == Role.relay) {
            if (udp.isEmpty()) {
                throw new CliException("a relay needs --udp IP:PORT, the address at which others reach it");
            }
            return PeerRecord.relay(identity, name, new RelayEndpoints(endpoints(udp), endpoints(tls)));
        }
        List<NodeId> homes = homeRelays.stream()
                .map(relay -> folder.nodeFile(relay).record().node())
                .toList();
        return PeerRecord.sidecar(identity, name, homes);
    }

    private List<IpAddress> free(LabFolder folder, LabCluster owner) {
        Set<IpAddress> taken = taken(folder);
        return owner.prefixes().stream().map(prefix -> firstFree(prefix, taken)).toList();
    }

    private static IpAddress firstFree(Cidr prefix, Set<IpAddress> taken) {
        // The first and the last address stay free: some programs take them for network and broadcast.
        for (IpAddress address = prefix.address().plus(1);
                prefix.contains(address) && !address.equals(prefix.last());
                address = address.plus(1)) {
            if (!taken.contains(address)) {
                return address;
            }
        }
        throw new CliException("prefix " + prefix + " has no free address");
    }

    private Set<IpAddress> taken(LabFolder folder) {
        Set<IpAddress> taken = new HashSet<>();
        for (String other : folder.nodes()) {
            if (!other.equals(name) && Files.exists(folder.node(other).resolve("peer.json"))) {
                taken.addAll(folder.nodeFile(other).record().addresses());
            }
        }
        return taken;
    }

    private static List<Endpoint> endpoints(List<String> texts) {
        return texts.stream()
                .map(text -> {
                    try {
                        return Endpoint.parse(text);
                    } catch (IllegalArgumentException e) {
                        throw new CliException(e.getMessage() + "; write IP:PORT, IPv6 as [IP]:PORT", e);
                    }
                })
                .toList();
    }

    private static IpAddress address(String text) {
        try {
            return IpAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new CliException(String.valueOf(e.getMessage()), e);
        }
    }
}
