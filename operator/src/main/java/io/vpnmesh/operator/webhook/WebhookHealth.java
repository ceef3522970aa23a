// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.webhook;

import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.OperatorFactsSource;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready is who can answer admission; leading has nothing to do with it. */
@Readiness
@ApplicationScoped
public class WebhookHealth implements HealthCheck {

    private final MeshCaches caches;
    private final OperatorFactsSource operatorFacts;

    public WebhookHealth(MeshCaches caches, OperatorFactsSource operatorFacts) {
        this.caches = caches;
        this.operatorFacts = operatorFacts;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("webhook")
                .status(caches.synced() && operatorFacts.facts().isPresent())
                .withData("cachesSynced", caches.synced())
                .withData("serviceAddressKnown", operatorFacts.facts().isPresent())
                .build();
    }
}
