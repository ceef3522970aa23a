// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.fabric8.kubernetes.api.model.Secret;
import io.vpnmesh.e2e.cluster.LabNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;

/// An invitation of the shortest life that there is, a minute. Its token is kept in the other cluster, where a person
/// would have put it; whoever needs it later lets it begin early.
final class ShortInvite {
    private static final String NAME = "short";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration LONGER_THAN_ITS_LIFE = Duration.ofSeconds(80);

    private ShortInvite() {}

    /// Makes it, unless that has been done.
    static void begin(Overlay overlay) {
        LabNode b = overlay.b();
        b.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: %s}\n".formatted(NAME));
        if (b.client().secrets().inNamespace(NAME).withName(NAME).get() != null) {
            return;
        }
        overlay.a().apply("""
                apiVersion: vpnmesh.io/v1alpha1
                kind: VpnInvite
                metadata: {name: short, namespace: vpnmesh}
                spec: {mesh: demo, expiresAfter: 1m}
                """);
        String token = Await.present(
                "the token of invitation " + NAME,
                PATIENCE,
                () -> token(overlay.a(), Overlay.MESH_NAMESPACE, NAME + "-token"),
                () -> overlay.a()
                        .kubectl("get", "vpninvite", "-A", "-o", "yaml")
                        .run()
                        .out());
        b.apply("""
                apiVersion: v1
                kind: Secret
                metadata: {name: %1$s, namespace: %1$s}
                stringData: {token: %2$s}
                """.formatted(NAME, token));
    }

    /// Waits until it is over; its token.
    static String expired(Overlay overlay) {
        begin(overlay);
        Await.until(
                "invitation " + NAME + " to expire",
                LONGER_THAN_ITS_LIFE,
                () -> invite(overlay).contains("Expired"),
                () -> invite(overlay));
        return token(overlay.b(), NAME, NAME).orElseThrow();
    }

    /// What its condition says in the founding cluster.
    static String invite(Overlay overlay) {
        return ready(overlay.a(), NAME);
    }

    /// Reason and message of an invitation's condition Ready.
    static String ready(LabNode cluster, String name) {
        return cluster.kubectl(
                        "get",
                        "vpninvite",
                        name,
                        "-n",
                        Overlay.MESH_NAMESPACE,
                        "-o",
                        "jsonpath={.status.conditions[?(@.type=='Ready')].reason}:"
                                + " {.status.conditions[?(@.type=='Ready')].message}")
                .orThrow();
    }

    static Optional<String> token(LabNode cluster, String namespace, String secret) {
        return Optional.ofNullable(cluster.client()
                        .secrets()
                        .inNamespace(namespace)
                        .withName(secret)
                        .get())
                .map(Secret::getData)
                .map(data -> data.get("token"))
                .map(text -> new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8).strip());
    }
}
