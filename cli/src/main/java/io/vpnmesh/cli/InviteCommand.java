// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnInviteSpec;
import io.vpnmesh.crds.VpnMesh;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints a token that lets another cluster join. */
@Command(
        name = "invite",
        mixinStandardHelpOptions = true,
        description = {
            "Invite a cluster into a mesh: prints a token for 'kubectl vpnmesh join' there.",
            "The token is a secret: whoever has it may join until it is used up or expires."
        })
final class InviteCommand implements Callable<Integer> {

    static final String TOKEN_KEY = "token";

    @Spec
    private CommandSpec spec;

    @Mixin
    private KubeOptions kube = new KubeOptions();

    @Parameters(paramLabel = "MESH", description = "The VpnMesh of the founding cluster.")
    private String mesh;

    @Option(
            names = "--expires",
            paramLabel = "DURATION",
            defaultValue = "1h",
            description = "How long it is good for, 1m to 720h; ${DEFAULT-VALUE} unless given.")
    private String expires;

    @Option(
            names = "--uses",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many clusters may join with it; ${DEFAULT-VALUE} unless given.")
    private int uses;

    @Option(
            names = "--require-approval",
            description = "Clusters stay out until spec.approved of their VpnCluster is set.")
    private boolean requireApproval;

    @Option(
            names = "--prefix",
            paramLabel = "CIDR",
            description = "Prefixes that joining clusters may get; any free one unless given.")
    private List<String> prefixes = List.of();

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            defaultValue = "50",
            description = "How long to wait for the operator; ${DEFAULT-VALUE} unless given.")
    private int timeoutSeconds;

    @Override
    public Integer call() {
        try (KubernetesClient client = kube.connect()) {
            String namespace = kube.namespace(client);
            requireMesh(client, namespace);
            VpnInvite invite = client.resource(invite(namespace)).create();
            String name = invite.getMetadata().getName();
            String token = token(client, namespace, name);
            spec.commandLine().getOut().println(token);
            spec.commandLine()
                    .getErr()
                    .println("VpnInvite " + namespace + "/" + name + " is good for " + uses
                            + (uses == 1 ? " cluster" : " clusters") + " within " + expires
                            + ". In the other cluster: kubectl vpnmesh join " + mesh + " < token");
            return 0;
        }
    }

    private void requireMesh(KubernetesClient client, String namespace) {
        if (client.resources(VpnMesh.class)
                        .inNamespace(namespace)
                        .withName(mesh)
                        .get()
                != null) {
            return;
        }
        List<String> others = client.resources(VpnMesh.class).inNamespace(namespace).list().getItems().stream()
                .map(other -> other.getMetadata().getName())
                .toList();
        throw new CliException("namespace " + namespace + " has no VpnMesh " + mesh
                + (others.isEmpty() ? "; give -n NAMESPACE of the mesh" : "; it has " + String.join(", ", others)));
    }

    private VpnInvite invite(String namespace) {
        VpnInvite invite = new VpnInvite();
        invite.setMetadata(new ObjectMetaBuilder()
                .withGenerateName(mesh + "-")
                .withNamespace(namespace)
                .build());
        invite.setSpec(new VpnInviteSpec(mesh, expires, uses, requireApproval ? Boolean.TRUE : null, prefixes));
        return invite;
    }

    private String token(KubernetesClient client, String namespace, String name) {
        Resource<VpnInvite> resource =
                client.resources(VpnInvite.class).inNamespace(namespace).withName(name);
        VpnInvite ready;
        try {
            ready = resource.waitUntilCondition(
                    invite -> invite != null && (secretName(invite) != null || isHopeless(invite)),
                    timeoutSeconds,
                    TimeUnit.SECONDS);
        } catch (KubernetesClientTimeoutException e) {
            throw new CliException(
                    "the operator made no token for VpnInvite " + namespace + "/" + name + " within "
                            + timeoutSeconds + " s. " + why(resource.get())
                            + " When it is mended, the token is in the Secret that the invite's status names.",
                    e);
        }
        if (isHopeless(ready)) {
            resource.delete();
            throw new CliException(why(ready));
        }
        String secretName = String.valueOf(secretName(ready));
        Secret secret =
                client.secrets().inNamespace(namespace).withName(secretName).get();
        Map<String, String> data = secret == null || secret.getData() == null ? Map.of() : secret.getData();
        String encoded = data.get(TOKEN_KEY);
        if (encoded == null) {
            throw new CliException("Secret " + namespace + "/" + secretName + " has no key " + TOKEN_KEY
                    + ": the invite was used up or deleted meanwhile; invite again");
        }
        return new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8).strip();
    }

    /** Waiting will not help: only a founder invites. */
    private static boolean isHopeless(VpnInvite invite) {
        return invite.getStatus() != null
                && invite.getStatus().conditions().stream()
                        .anyMatch(condition -> "NotFounder".equals(condition.getReason()));
    }

    private static @Nullable String secretName(VpnInvite invite) {
        return invite.getStatus() == null ? null : invite.getStatus().secretName();
    }

    private static String why(@Nullable VpnInvite invite) {
        if (invite == null) {
            return "Somebody deleted the invite.";
        }
        if (invite.getStatus() == null || invite.getStatus().conditions().isEmpty()) {
            return "No operator has looked at it: is vpnmesh installed and running in this cluster"
                    + " (kubectl get pods -A -l app.kubernetes.io/name=vpnmesh-operator)?";
        }
        StringBuilder text = new StringBuilder();
        for (Condition condition : invite.getStatus().conditions()) {
            text.append(condition.getReason())
                    .append(": ")
                    .append(condition.getMessage())
                    .append(' ');
        }
        return text.toString().strip();
    }
}
