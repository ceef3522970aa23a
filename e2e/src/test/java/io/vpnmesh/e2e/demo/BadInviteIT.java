// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.e2e.cluster.LabNode;
import io.vpnmesh.e2e.run.Command;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/// Invitations that let nobody in: a VpnMesh that wants to join says why, and the founder's clusters stay as they are.
@TwoClusters
@Order(TwoClusters.LAST + 5)
class BadInviteIT {
    private static final String LATE = "late";
    private static final String PREFIX = "vpnmesh-join-1.";

    private final Overlay overlay;
    private final LabNode a;
    private final LabNode b;
    private String clustersBefore = "";

    BadInviteIT(Overlay overlay) {
        this.overlay = overlay;
        this.a = overlay.a();
        this.b = overlay.b();
    }

    @BeforeAll
    void begin() {
        ShortInvite.begin(overlay);
        clustersBefore = clusters();
        b.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: late}\n");
    }

    @AfterAll
    void takeItAway() {
        b.kubectl("delete", "namespace", LATE, "--wait=false").run();
    }

    @Test
    @Order(1)
    void aTokenThatWasUsedUpIsRefusedAndSoSaysTheInvitation() {
        String used = ShortInvite.token(b, Overlay.MESH_NAMESPACE, Overlay.MESH + "-invite")
                .orElseThrow();

        assertThat(refusalOf("used", used, "UnknownInvite"))
                .contains("used up")
                .endsWith("Make a new one with 'kubectl vpnmesh invite'");
        assertThat(invitationOfTheJoin())
                .isEqualTo("UsedUp: used as often as allowed: make a new VpnInvite for another cluster");
    }

    @Test
    @Order(2)
    void aTokenWithAnotherSecretIsRefused() {
        String token = overlay.product()
                .cli(a, "invite", Overlay.MESH, "-n", Overlay.MESH_NAMESPACE)
                .orThrow()
                .strip();

        assertThat(refusalOf("wrong", withAnotherSecret(token), "UnknownInvite"))
                .startsWith("the founding cluster knows no invitation with this secret");
    }

    @Test
    @Order(3)
    void aTokenThatIsCutOffIsRefusedBeforeAnythingIsWritten() {
        Command.Result answer = overlay.product()
                .cli(b, "join", "torn", "-n", LATE)
                .input("vpnmesh-join-1.dG9ybg\n")
                .run();

        assertThat(answer.isSuccess()).isFalse();
        assertThat(answer.err()).contains("is cut off or changed; copy the whole word");
        assertThat(b.kubectl("get", "vpnmesh", "torn", "-n", LATE).run().err()).contains("not found");
        assertThat(refusalOf("torn", "vpnmesh-join-1.dG9ybg", "TokenMalformed"))
                .startsWith("Secret late/torn: ")
                .contains("is cut off or changed; copy the whole word");
    }

    @Test
    @Order(4)
    void anExpiredTokenIsRefusedOnBothSides() {
        String token = ShortInvite.expired(overlay);

        assertThat(refusalOf("expired", token, "InviteExpired"))
                .startsWith("the invitation expired at ")
                .endsWith("run 'kubectl vpnmesh invite' again in the founding cluster and put the new token into the"
                        + " Secret");
        assertThat(ShortInvite.invite(overlay))
                .startsWith("Expired: expired at ")
                .endsWith(": make a new VpnInvite");
    }

    @Test
    @Order(5)
    void nobodyWasLetIn() {
        assertThat(clusters()).isEqualTo(clustersBefore);
        assertThat(b.kubectl("get", "secrets", "-n", LATE, "-o", "name").orThrow())
                .doesNotContain("-root");
        Meshes.awaitCondition(b, Overlay.MESH_NAMESPACE, Overlay.MESH, "Ready", "True");
        new Facts(overlay).ping();
    }

    /// Lets a VpnMesh try to join with the token; the message of its condition once the reason is there.
    private String refusalOf(String name, String token, String reason) {
        b.apply("""
                apiVersion: v1
                kind: Secret
                metadata: {name: %1$s, namespace: late}
                stringData: {token: %2$s}
                ---
                apiVersion: vpnmesh.io/v1alpha1
                kind: VpnMesh
                metadata: {name: %1$s, namespace: late}
                spec: {join: {secretRef: {name: %1$s}}, relay: {replicas: 0}}
                """.formatted(name, token));
        return String.valueOf(
                Meshes.awaitReason(b, LATE, name, "DirectoryConnected", reason).get("message"));
    }

    private String invitationOfTheJoin() {
        String name = a.kubectl(
                        "get",
                        "vpninvite",
                        "-n",
                        Overlay.MESH_NAMESPACE,
                        "-o",
                        "jsonpath={.items[?(@.status.usesLeft==0)].metadata.name}")
                .orThrow();
        return ShortInvite.ready(a, name.split(" ")[0]);
    }

    /// Names, prefixes and flags of the clusters that the founder lists.
    private String clusters() {
        return a.kubectl(
                        "get",
                        "vpncluster",
                        "-n",
                        Overlay.MESH_NAMESPACE,
                        "-o",
                        "jsonpath={range .items[*]}{.metadata.name} {.spec} {.status.prefixes}{'\\n'}{end}")
                .orThrow();
    }

    /// The body ends with the secret, then key and value of the expiry in 6 bytes, then 4 bytes of check
    /// (docs/wire.md).
    private static String withAnotherSecret(String token) {
        byte[] whole = Base64.getUrlDecoder().decode(token.substring(PREFIX.length()));
        byte[] body = Arrays.copyOf(whole, whole.length - 4);
        body[body.length - 7] ^= 1;
        try {
            byte[] check = MessageDigest.getInstance("SHA-256").digest(body);
            System.arraycopy(body, 0, whole, 0, body.length);
            System.arraycopy(check, 0, whole, body.length, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
        return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(whole);
    }
}
