// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Collection;

/**
 * Writes desired objects by server-side apply, as the owner of exactly the fields that they set. Errors:
 * KubernetesClientException from the first object that the API server refuses.
 */
@ApplicationScoped
public class Applier {

    private final KubernetesClient client;

    public Applier(KubernetesClient client) {
        this.client = client;
    }

    public void apply(Collection<? extends HasMetadata> objects) {
        objects.forEach(this::apply);
    }

    public <T extends HasMetadata> T apply(T object) {
        return client.resource(object)
                .fieldManager(Marks.OPERATOR)
                .forceConflicts()
                .serverSideApply();
    }

    /**
     * Applies the status only.
     *
     * @param object with name, namespace and status, and nothing else of the live object
     * @param fieldManager owner of the fields; writers that know different things use different ones
     */
    public void applyStatus(HasMetadata object, String fieldManager) {
        PatchContext context = new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(fieldManager)
                .withForce(true)
                .build();
        client.resource(object).subresource("status").patch(context, object);
    }
}
