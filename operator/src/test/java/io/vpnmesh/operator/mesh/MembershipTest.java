// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.lab.Fixtures;
import io.vpnmesh.operator.mesh.Membership.Answer;
import io.vpnmesh.operator.mesh.Membership.Reason;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MembershipTest {

    private static final VpnMesh NEAR = Fixtures.mesh("shop", "blue");
    private static final VpnMesh FAR = Fixtures.mesh("infra", "blue", "  allowedNamespaces: {from: All}\n");
    private static final VpnMesh OTHER = Fixtures.mesh("infra2", "blue", "  allowedNamespaces: {from: All}\n");
    private static final VpnMesh CHOSEN = Fixtures.mesh(
            "infra", "green", "  allowedNamespaces: {from: Selector, selector: {matchLabels: {team: a}}}\n");

    @Test
    void ownNamespaceWinsOverOthers() {
        assertThat(mesh(ask("blue", Map.of(), NEAR, FAR))).isSameAs(NEAR);
    }

    @Test
    void shortNameReachesTheOnlyMeshThatAllows() {
        assertThat(mesh(ask("blue", Map.of(), FAR))).isSameAs(FAR);
    }

    @Test
    void fullNameChoosesTheNamespace() {
        assertThat(mesh(ask("infra/blue", Map.of(), NEAR, FAR))).isSameAs(FAR);
    }

    @Test
    void severalMeshesOfOneNameAreNeverChosenBetween() {
        Answer answer = ask("blue", Map.of(), FAR, OTHER);

        assertThat(reason(answer)).isEqualTo(Reason.AMBIGUOUS);
        assertThat(((Answer.Refused) answer).message()).contains("infra/blue", "infra2/blue", "NAMESPACE/blue");
    }

    @Test
    void selectorDecides() {
        assertThat(mesh(ask("green", Map.of("team", "a"), CHOSEN))).isSameAs(CHOSEN);
        assertThat(reason(ask("green", Map.of("team", "b"), CHOSEN))).isEqualTo(Reason.NAMESPACE_NOT_ALLOWED);
    }

    @Test
    void otherNamespacesAreNotAllowedUnlessTheMeshSaysSo() {
        VpnMesh closed = Fixtures.mesh("infra", "blue");

        assertThat(reason(ask("infra/blue", Map.of(), closed))).isEqualTo(Reason.NAMESPACE_NOT_ALLOWED);
    }

    @Test
    void unknownMeshNamesThoseThatThePodMayUse() {
        Answer answer = ask("blu", Map.of(), NEAR);

        assertThat(reason(answer)).isEqualTo(Reason.UNKNOWN_MESH);
        assertThat(((Answer.Refused) answer).message()).contains("shop/blue");
    }

    @Test
    void labelAndAnnotationMayAgree() {
        ObjectMeta pod = new ObjectMetaBuilder()
                .addToAnnotations("vpnmesh.io/mesh", "infra/blue")
                .addToLabels("vpnmesh.io/mesh", "blue")
                .build();

        assertThat(mesh(Membership.of(pod, Fixtures.namespace("shop", Map.of()), List.of(FAR))))
                .isSameAs(FAR);
    }

    @Test
    void labelAndAnnotationMayNotDiffer() {
        ObjectMeta pod = new ObjectMetaBuilder()
                .addToAnnotations("vpnmesh.io/mesh", "green")
                .addToLabels("vpnmesh.io/mesh", "blue")
                .build();

        assertThat(reason(Membership.of(pod, Fixtures.namespace("shop", Map.of()), List.of(NEAR, CHOSEN))))
                .isEqualTo(Reason.AMBIGUOUS);
    }

    @Test
    void namespaceLabelIsTheDefaultAndThePodCanOptOut() {
        Map<String, String> labels = Map.of("vpnmesh.io/mesh", "blue", "vpnmesh.io/mesh-namespace", "infra");
        ObjectMeta out =
                new ObjectMetaBuilder().addToLabels("vpnmesh.io/mesh", "none").build();

        assertThat(mesh(Membership.of(new ObjectMeta(), Fixtures.namespace("shop", labels), List.of(NEAR, FAR))))
                .isSameAs(FAR);
        assertThat(Membership.of(out, Fixtures.namespace("shop", labels), List.of(NEAR, FAR)))
                .isInstanceOf(Answer.NotAsked.class);
    }

    @Test
    void malformedWishIsNamed() {
        assertThat(reason(ask("/blue", Map.of(), NEAR))).isEqualTo(Reason.MALFORMED);
    }

    private static Answer ask(String wish, Map<String, String> namespaceLabels, VpnMesh... meshes) {
        ObjectMeta pod = new ObjectMetaBuilder()
                .addToAnnotations("vpnmesh.io/mesh", wish)
                .build();
        return Membership.of(pod, Fixtures.namespace("shop", namespaceLabels), List.of(meshes));
    }

    private static VpnMesh mesh(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Member.class);
        return ((Answer.Member) answer).mesh();
    }

    private static Reason reason(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Refused.class);
        return ((Answer.Refused) answer).reason();
    }
}
