// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which mesh a pod asks for, and whether it may join: the same rules for admission, enrolment and reconciliation. */
public final class Membership {

    private Membership() {}

    /** What a pod's marks come to. */
    public sealed interface Answer {

        /** The pod does not ask, or opted out. */
        record NotAsked() implements Answer {}

        /** The pod may join this mesh. */
        record Member(VpnMesh mesh) implements Answer {}

        /** The pod asks for what it cannot have; the message names the fix. */
        record Refused(Reason reason, String message) implements Answer {}
    }

    /** Why a pod may not join. */
    public enum Reason {
        UNKNOWN_MESH,
        NAMESPACE_NOT_ALLOWED,
        AMBIGUOUS,
        MALFORMED
    }

    /** What was asked, before anybody looked for the mesh; a null namespace means "find it". */
    private record Wish(@Nullable String namespace, String name) {

        static Wish parse(String text, @Nullable String namespace) {
            int slash = text.indexOf('/');
            return slash < 0
                    ? new Wish(namespace, text)
                    : new Wish(text.substring(0, slash), text.substring(slash + 1));
        }

        @Override
        public String toString() {
            return namespace == null ? name : namespace + "/" + name;
        }
    }

    /**
     * @param pod metadata of the pod; its namespace may be missing at admission
     * @param namespace the pod's namespace, with its labels
     * @param meshes all meshes of this cluster
     */
    public static Answer of(ObjectMeta pod, Namespace namespace, Collection<VpnMesh> meshes) {
        Set<Wish> wishes = new LinkedHashSet<>();
        String annotation = orEmpty(pod.getAnnotations()).get(Marks.MESH);
        if (annotation != null) {
            wishes.add(Wish.parse(annotation.strip(), null));
        }
        add(wishes, orEmpty(pod.getLabels()));
        if (wishes.isEmpty()) {
            add(wishes, orEmpty(namespace.getMetadata().getLabels()));
        }
        wishes = withoutVaguerTwins(wishes);
        if (wishes.isEmpty() || wishes.stream().allMatch(wish -> wish.name().equals(Marks.NONE))) {
            return new Answer.NotAsked();
        }
        if (wishes.size() > 1) {
            return refused(
                    Reason.AMBIGUOUS,
                    "the pod asks for several meshes " + wishes + ": let its annotation and its label " + Marks.MESH
                            + " name the same one, or keep only one of them");
        }
        return find(wishes.iterator().next(), namespace, meshes);
    }

    /** Whether pods of the namespace may join the mesh. */
    public static boolean allows(VpnMesh mesh, Namespace namespace) {
        VpnMeshSpec.AllowedNamespaces allowed =
                mesh.getSpec() == null ? null : mesh.getSpec().allowedNamespaces();
        String own = mesh.getMetadata().getNamespace();
        if (own.equals(namespace.getMetadata().getName())) {
            return allowed == null || allowed.from() != VpnMeshSpec.From.SELECTOR || selects(allowed, namespace);
        }
        if (allowed == null) {
            return false;
        }
        return switch (allowed.from()) {
            case SAME -> false;
            case ALL -> true;
            case SELECTOR -> selects(allowed, namespace);
        };
    }

    private static Answer find(Wish wish, Namespace namespace, Collection<VpnMesh> meshes) {
        String own = namespace.getMetadata().getName();
        if (wish.name().isEmpty()
                || (wish.namespace() != null && wish.namespace().isEmpty())) {
            return refused(
                    Reason.MALFORMED, Marks.MESH + " is '" + wish + "': write [NAMESPACE/]NAME of a VpnMesh, or none");
        }
        List<VpnMesh> named = meshes.stream()
                .filter(mesh -> wish.name().equals(mesh.getMetadata().getName()))
                .filter(mesh -> wish.namespace() == null
                        || wish.namespace().equals(mesh.getMetadata().getNamespace()))
                .toList();
        if (named.isEmpty()) {
            return refused(
                    Reason.UNKNOWN_MESH,
                    "no VpnMesh " + wish + " in this cluster" + known(namespace, meshes) + ": correct " + Marks.MESH
                            + " or create the VpnMesh first");
        }
        List<VpnMesh> allowed =
                named.stream().filter(mesh -> allows(mesh, namespace)).toList();
        if (allowed.isEmpty()) {
            return refused(
                    Reason.NAMESPACE_NOT_ALLOWED,
                    "VpnMesh " + MeshRef.of(named.getFirst()) + " does not allow pods of namespace " + own
                            + ": set its spec.allowedNamespaces to {from: All}, or to a selector that matches the"
                            + " namespace's labels");
        }
        // A mesh of the pod's own namespace is the one that its author can see.
        List<VpnMesh> near = allowed.stream()
                .filter(mesh -> own.equals(mesh.getMetadata().getNamespace()))
                .toList();
        if (near.size() == 1) {
            return new Answer.Member(near.getFirst());
        }
        if (allowed.size() > 1) {
            return refused(
                    Reason.AMBIGUOUS,
                    "several meshes are called " + wish.name() + ": "
                            + allowed.stream().map(MeshRef::of).sorted().toList() + "; write NAMESPACE/"
                            + wish.name() + " in " + Marks.MESH);
        }
        return new Answer.Member(allowed.getFirst());
    }

    private static String known(Namespace namespace, Collection<VpnMesh> meshes) {
        List<MeshRef> usable = meshes.stream()
                .filter(mesh -> allows(mesh, namespace))
                .map(MeshRef::of)
                .sorted()
                .limit(5)
                .toList();
        return usable.isEmpty() ? "" : " (pods of this namespace may use " + usable + ")";
    }

    private static void add(Set<Wish> wishes, Map<String, String> labels) {
        String name = labels.get(Marks.MESH);
        if (name != null) {
            wishes.add(new Wish(labels.get(Marks.MESH_NAMESPACE), name));
        }
    }

    /** {@code name} and {@code namespace/name} said by label and annotation are one wish. */
    private static Set<Wish> withoutVaguerTwins(Set<Wish> wishes) {
        List<Wish> all = new ArrayList<>(wishes);
        Set<Wish> kept = new LinkedHashSet<>(wishes);
        kept.removeIf(wish -> wish.namespace() == null
                && all.stream()
                        .anyMatch(other ->
                                other.namespace() != null && other.name().equals(wish.name())));
        return kept;
    }

    private static boolean selects(VpnMeshSpec.AllowedNamespaces allowed, Namespace namespace) {
        return allowed.selector() != null
                && matches(allowed.selector(), orEmpty(namespace.getMetadata().getLabels()));
    }

    /** Kubernetes' label selector; an empty one matches everything. */
    static boolean matches(LabelSelector selector, Map<String, String> labels) {
        boolean equal = orEmpty(selector.getMatchLabels()).entrySet().stream()
                .allMatch(wanted -> wanted.getValue().equals(labels.get(wanted.getKey())));
        return equal
                && selector.getMatchExpressions().stream().allMatch(expression -> {
                    String value = labels.get(expression.getKey());
                    return switch (expression.getOperator()) {
                        case "In" -> value != null && expression.getValues().contains(value);
                        case "NotIn" -> value == null || !expression.getValues().contains(value);
                        case "Exists" -> value != null;
                        case "DoesNotExist" -> value == null;
                        default -> false;
                    };
                });
    }

    private static Answer refused(Reason reason, String message) {
        return new Answer.Refused(reason, message);
    }

    private static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
