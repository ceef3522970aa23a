// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vpnmesh.operator.OperatorSettings;
import io.vpnmesh.operator.model.OperatorFacts;
import io.vpnmesh.operator.webhook.OperatorTls;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How pods reach this operator, kept up to date on every replica. */
@ApplicationScoped
public class OperatorFactsSource {

    private static final int EARLY = 100;

    private final KubernetesClient client;
    private final OperatorSettings settings;
    private final OperatorTls tls;
    private @Nullable SharedIndexInformer<Service> service;

    public OperatorFactsSource(KubernetesClient client, OperatorSettings settings, OperatorTls tls) {
        this.client = client;
        this.settings = settings;
        this.tls = tls;
    }

    void start(@Observes @Priority(EARLY) StartupEvent event) {
        service = client.services()
                .inNamespace(settings.namespace())
                .withName(settings.serviceName())
                .runnableInformer(0);
        service.exceptionHandler((_, _) -> true).start();
    }

    void stop(@Observes ShutdownEvent event) {
        if (service != null) {
            service.stop();
        }
    }

    /** Empty as long as the operator's Service has no ClusterIP. */
    public Optional<OperatorFacts> facts() {
        return settings.operatorUrl()
                .or(this::clusterUrl)
                .map(url -> new OperatorFacts(
                        url,
                        tls.serverName(),
                        tls.material().anchors(),
                        settings.images().sidecar(),
                        settings.images().relay(),
                        settings.images().pullPolicy()));
    }

    private Optional<String> clusterUrl() {
        List<Service> found = service == null ? List.of() : service.getStore().list();
        return found.stream()
                .map(one -> one.getSpec().getClusterIP())
                .filter(address -> address != null && !address.isEmpty() && !"None".equals(address))
                .map(address -> "https://" + (address.contains(":") ? "[" + address + "]" : address) + ":443")
                .findFirst();
    }
}
