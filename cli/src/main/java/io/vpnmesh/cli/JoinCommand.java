// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.directory.join.JoinToken;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes what makes this cluster join: a Secret with the token and a VpnMesh that names it. */
@Command(
        name = "join",
        mixinStandardHelpOptions = true,
        description = "Join a mesh with the token of 'kubectl vpnmesh invite', read from standard input.")
final class JoinCommand implements Callable<Integer> {

    private static final int MAX_TOKEN_BYTES = 64 * 1024;

    @Spec
    private CommandSpec spec;

    @Mixin
    private KubeOptions kube = new KubeOptions();

    @Parameters(paramLabel = "NAME", description = "Name of the VpnMesh to make here; usually that of the founder.")
    private String name;

    @Option(names = "--token-file", paramLabel = "FILE", description = "Read the token from a file.")
    private @Nullable Path tokenFile;

    @Option(
            names = "--dry-run",
            description = "Print the objects as YAML and change nothing. The Secret holds the token.")
    private boolean dryRun;

    @Option(
            names = "--all-namespaces-may-join",
            description = "Let pods of every namespace of this cluster join, not only those of the VpnMesh's own.")
    private boolean allNamespaces;

    private final InputStream input;
    private final InstantSource clock;

    JoinCommand() {
        this(System.in, InstantSource.system());
    }

    JoinCommand(InputStream input, InstantSource clock) {
        this.input = input;
        this.clock = clock;
    }

    @Override
    public Integer call() {
        JoinToken token = token();
        if (dryRun) {
            String namespace = kube.givenNamespace();
            print(secret(namespace, token));
            print(mesh(namespace));
            return 0;
        }
        try (KubernetesClient client = kube.connect()) {
            apply(client, kube.namespace(client), token);
        }
        return 0;
    }

    private void apply(KubernetesClient client, String namespace, JoinToken token) {
        if (client.namespaces().withName(namespace).get() == null) {
            throw new CliException("namespace " + namespace + " does not exist: kubectl create namespace " + namespace);
        }
        VpnMesh existing = client.resources(VpnMesh.class)
                .inNamespace(namespace)
                .withName(name)
                .get();
        if (existing != null && !joinsWith(existing, secretName())) {
            throw new CliException("VpnMesh " + namespace + "/" + name + " exists and does not join with Secret "
                    + secretName() + ": spec.join cannot change; delete the VpnMesh first, or join under another name");
        }
        client.resource(secret(namespace, token)).forceConflicts().serverSideApply();
        if (existing == null) {
            client.resource(mesh(namespace)).create();
        }
        spec.commandLine()
                .getOut()
                .println(
                        (existing == null ? "VpnMesh " : "New token for the existing VpnMesh ") + namespace + "/" + name
                                + (existing == null ? " and " : ", in ") + "Secret " + secretName()
                                + " written. Progress: kubectl vpnmesh status "
                                + name + " -n " + namespace + " --wait");
    }

    private static boolean joinsWith(VpnMesh mesh, String secretName) {
        return mesh.getSpec() != null
                && mesh.getSpec().join() != null
                && mesh.getSpec().join().secretRef().name().equals(secretName);
    }

    private JoinToken token() {
        String text = read();
        try {
            JoinToken token = JoinToken.parse(text);
            Instant now = clock.instant();
            if (token.isExpired(now)) {
                throw new CliException("the token expired at " + token.expires() + " (it is " + now
                        + " here): invite again in the founding cluster, or correct this clock");
            }
            return token;
        } catch (MalformedException e) {
            throw new CliException("the " + e.field() + " " + e.problem(), e);
        }
    }

    @SuppressWarnings("SystemConsoleNull") // null again since JDK 25 where nobody sits at a terminal
    private String read() {
        Path file = tokenFile;
        if (file == null && System.console() != null && System.console().isTerminal()) {
            spec.commandLine().getErr().println("Paste the token, then Enter and Ctrl-D:");
        }
        try (InputStream source = file == null ? input : Files.newInputStream(file)) {
            return new String(source.readNBytes(MAX_TOKEN_BYTES), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new CliException("cannot read the token" + (file == null ? "" : " from " + file), e);
        }
    }

    private String secretName() {
        return name + "-invite";
    }

    private Secret secret(@Nullable String namespace, JoinToken token) {
        return new SecretBuilder()
                .withNewMetadata()
                .withName(secretName())
                .withNamespace(namespace)
                .endMetadata()
                .withType("Opaque")
                .addToStringData(InviteCommand.TOKEN_KEY, token.text())
                .build();
    }

    private VpnMesh mesh(@Nullable String namespace) {
        VpnMesh mesh = new VpnMesh();
        mesh.setMetadata(
                new ObjectMetaBuilder().withName(name).withNamespace(namespace).build());
        mesh.setSpec(new VpnMeshSpec(
                null,
                allNamespaces ? new VpnMeshSpec.AllowedNamespaces(VpnMeshSpec.From.ALL, null) : null,
                null,
                null,
                null,
                List.of(),
                new VpnMeshSpec.Join(new VpnMeshSpec.SecretRef(secretName())),
                null,
                null));
        return mesh;
    }

    private void print(HasMetadata object) {
        String yaml = Serialization.asYaml(object);
        spec.commandLine().getOut().print(yaml.startsWith("---") ? yaml : "---\n" + yaml);
        spec.commandLine().getOut().flush();
    }
}
