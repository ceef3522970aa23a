// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Two namespaces joined by a cable: ours at 192.0.2.1, strongSwan's at 192.0.2.2; overlay addresses 10.77.0.1 and
 * 10.77.0.2. Writes identities for both ends. Everything it makes goes with {@link #close}.
 */
final class InteropLab implements AutoCloseable {

    private final Path folder;
    private final String ours = "vmip-a-" + ProcessHandle.current().pid();
    private final String theirs = "vmip-b-" + ProcessHandle.current().pid();

    InteropLab(Path folder) throws IOException {
        this.folder = folder;
        Commands.run("ip", "netns", "add", ours);
        Commands.run("ip", "netns", "add", theirs);
        Commands.run(
                "ip", "link", "add", "veth0", "netns", ours, "type", "veth", "peer", "name", "veth0", "netns", theirs);
        up(ours, "192.0.2.1/24");
        up(theirs, "192.0.2.2/24");
        Commands.run("ip", "-n", theirs, "addr", "add", "10.77.0.2/32", "dev", "lo");
    }

    private static void up(String namespace, String address) throws IOException {
        Commands.run("ip", "-n", namespace, "link", "set", "lo", "up");
        Commands.run("ip", "-n", namespace, "link", "set", "veth0", "up");
        Commands.run("ip", "-n", namespace, "addr", "add", address, "dev", "veth0");
    }

    /** strongSwan's end gets another address; of another prefix length, or it would go together with the first. */
    void renumberTheirs(String address) throws IOException {
        Commands.run("ip", "-n", theirs, "addr", "add", address, "dev", "veth0");
        Commands.run("ip", "-n", theirs, "addr", "del", "192.0.2.2/24", "dev", "veth0");
    }

    String ours() {
        return ours;
    }

    String theirs() {
        return theirs;
    }

    /** What differs between runs. */
    record Variant(
            SuiteName suite,
            String ikeProposals,
            String espProposals,
            boolean strangersLeaf,
            int fragment,
            String connectionOptions) {}

    Path oursFolder() {
        return folder.resolve("ours");
    }

    Path theirsFolder() {
        return folder.resolve("theirs");
    }

    void writeIdentities(Variant variant) throws IOException {
        Authority authority = new Authority(variant.suite);
        Authority signer = variant.strangersLeaf ? new Authority(variant.suite) : authority;
        Path mine = Files.createDirectories(oursFolder());
        MeshKeyPair pair = MeshKeyPair.generate(variant.suite, new SecureRandom());
        Files.writeString(mine.resolve("key.pem"), Pem.encode(pair.privateKey()));
        Files.writeString(mine.resolve("leaf.pem"), Pem.encode(signer.leaf(pair, 1)));
        Files.writeString(mine.resolve("intermediate.pem"), Pem.encode(signer.foreign));
        Files.writeString(mine.resolve("full-intermediate.pem"), Pem.encode(authority.full));
        Files.writeString(mine.resolve("roots.pem"), Pem.encode(authority.root));
        Files.writeString(
                mine.resolve("config.properties"), """
                local=192.0.2.1:4500
                peer=192.0.2.2:4500
                node=%s
                peer.node=%s
                overlay.local=10.77.0.1
                overlay.peer=10.77.0.2
                suite=%s
                fragment=%d
                cookies=0
                """.formatted(node(1), node(2), variant.suite, variant.fragment));
        MeshKeyPair peer = MeshKeyPair.generate(variant.suite, new SecureRandom());
        Path swanctl = theirsFolder().resolve("swanctl");
        for (String name : List.of("x509", "x509ca", "private")) {
            Files.createDirectories(swanctl.resolve(name));
        }
        Files.writeString(swanctl.resolve("x509/leaf.pem"), Pem.encode(authority.leaf(peer, 2)));
        Files.writeString(swanctl.resolve("x509ca/root.pem"), Pem.encode(authority.root));
        Files.writeString(swanctl.resolve("x509ca/intermediate.pem"), Pem.encode(authority.foreign));
        Files.writeString(swanctl.resolve("private/key.pem"), Pem.encode(peer.privateKey()));
        Files.writeString(
                swanctl.resolve("swanctl.conf"),
                Charon.connections(
                        variant,
                        authority.identity(1).dnsName(),
                        authority.identity(2).dnsName()));
    }

    private static NodeId node(int number) {
        byte[] id = new byte[16];
        id[15] = (byte) number;
        return NodeId.of(id);
    }

    @Override
    public void close() throws IOException {
        Commands.run("ip", "netns", "del", ours);
        Commands.run("ip", "netns", "del", theirs);
    }

    /** A mesh's root and one cluster's intermediate, of which strongSwan sees the kind it can read. */
    private static final class Authority {
        private final SecureRandom random = new SecureRandom();
        private final Instant now = Instant.now();
        private final ClusterDomain domain = new ClusterDomain(MeshId.of(new byte[16]), ClusterId.of(new byte[16]));
        private final X509Certificate root;
        private final X509Certificate foreign;
        private final X509Certificate full;
        private final CertificateIssuer issuer;

        Authority(SuiteName suite) {
            MeshKeyPair rootKey = MeshKeyPair.generate(suite, random);
            root = CertificateIssuer.newRoot(domain.mesh(), rootKey, now, Duration.ofDays(100), random);
            CertificateIssuer authority = new CertificateIssuer(root, rootKey.privateKey(), random);
            MeshKeyPair key = MeshKeyPair.generate(suite, random);
            List<Cidr> prefixes = List.of(Cidr.parse("10.77.0.0/16"));
            full = authority.newIntermediate(
                    IntermediateKind.FULL, domain, key.publicKey(), prefixes, now, Duration.ofDays(50));
            foreign = authority.newIntermediate(
                    IntermediateKind.FOREIGN, domain, key.publicKey(), prefixes, now, Duration.ofDays(50));
            issuer = new CertificateIssuer(full, key.privateKey(), random);
        }

        NodeIdentity identity(int number) {
            return new NodeIdentity(
                    domain.mesh(),
                    domain.cluster(),
                    node(number),
                    1,
                    NodeRole.SIDECAR,
                    "lab",
                    "interop",
                    List.of(IpAddress.parse("10.77.0." + number)));
        }

        X509Certificate leaf(MeshKeyPair pair, int number) {
            return issuer.newLeaf(pair.publicKey(), identity(number), now, Duration.ofDays(3));
        }
    }
}
