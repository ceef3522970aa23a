// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.MeshRef;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Reading and writing Secrets as text by key. */
final class SecretData {

    /** Label with the VpnMesh's name, so that a person finds what belongs together. */
    private static final String MESH_LABEL = "vpnmesh.io/keys-of";

    private SecretData() {}

    static Secret of(MeshRef mesh, String name, Map<String, String> texts) {
        return new SecretBuilder()
                .withNewMetadata()
                .withNamespace(mesh.namespace())
                .withName(name)
                .addToLabels(Marks.MANAGED_BY, Marks.OPERATOR)
                .addToLabels(MESH_LABEL, mesh.name())
                .endMetadata()
                .withType("Opaque")
                .withData(encode(texts))
                .build();
    }

    static Secret with(Secret secret, Map<String, String> texts) {
        return new SecretBuilder(secret).addToData(encode(texts)).build();
    }

    static Optional<String> text(Secret secret, String key) {
        Map<String, String> data = secret.getData();
        String value = data == null ? null : data.get(key);
        return value == null
                ? Optional.empty()
                : Optional.of(new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8));
    }

    /** Errors: BrokenKeysException that names the Secret and the missing key. */
    static String require(Secret secret, String key) {
        return text(secret, key)
                .orElseThrow(() ->
                        new BrokenKeysException("Secret " + secret.getMetadata().getNamespace() + "/"
                                + secret.getMetadata().getName() + " has no key " + key
                                + ": restore the Secret from a backup"));
    }

    private static Map<String, String> encode(Map<String, String> texts) {
        Map<String, String> data = new TreeMap<>();
        texts.forEach((key, text) ->
                data.put(key, Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))));
        return data;
    }
}
