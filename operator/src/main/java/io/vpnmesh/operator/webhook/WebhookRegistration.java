// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.webhook;

import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.tls.CertificateUpdatedEvent;
import io.quarkus.tls.TlsConfigurationRegistry;
import io.vpnmesh.operator.OperatorSettings;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Event;
import jakarta.enterprise.event.Observes;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the API server able to call the webhook: puts the anchor into the MutatingWebhookConfiguration whenever it is not
 * there (a chart upgrade takes it out), and reloads the certificate when another replica renewed it. Every replica does
 * both; the result is the same.
 */
@ApplicationScoped
public class WebhookRegistration {

    private static final Logger LOG = Logger.getLogger(WebhookRegistration.class);

    /** A certificate is renewed 30 days before its end: looking every ten minutes is early enough by far. */
    private static final long LOOK_EVERY_MINUTES = 10;

    private final KubernetesClient client;
    private final OperatorSettings settings;
    private final OperatorTls tls;
    private final TlsConfigurationRegistry registry;
    private final Event<CertificateUpdatedEvent> updates;
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("webhook-registration").factory());
    private @Nullable SharedIndexInformer<MutatingWebhookConfiguration> informer;

    public WebhookRegistration(
            KubernetesClient client,
            OperatorSettings settings,
            OperatorTls tls,
            TlsConfigurationRegistry registry,
            Event<CertificateUpdatedEvent> updates) {
        this.client = client;
        this.settings = settings;
        this.tls = tls;
        this.registry = registry;
        this.updates = updates;
    }

    void start(@Observes StartupEvent event) {
        informer = client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName(settings.webhookConfiguration())
                .runnableInformer(0)
                .addEventHandler(new ResourceEventHandler<>() {
                    @Override
                    public void onAdd(MutatingWebhookConfiguration configuration) {
                        worker.execute(() -> keepAnchor(configuration));
                    }

                    @Override
                    public void onUpdate(MutatingWebhookConfiguration before, MutatingWebhookConfiguration after) {
                        worker.execute(() -> keepAnchor(after));
                    }

                    @Override
                    public void onDelete(MutatingWebhookConfiguration configuration, boolean unknown) {
                        LOG.warnf(
                                "event=webhook-gone name=%s fix=\"helm upgrade puts it back; until then no pod joins\"",
                                settings.webhookConfiguration());
                    }
                });
        informer.exceptionHandler((_, _) -> true).start();
        worker.scheduleWithFixedDelay(this::look, LOOK_EVERY_MINUTES, LOOK_EVERY_MINUTES, TimeUnit.MINUTES);
    }

    void stop(@Observes ShutdownEvent event) {
        worker.shutdownNow();
        if (informer != null) {
            informer.stop();
        }
    }

    private void look() {
        try {
            OperatorTls.Material before = tls.material();
            OperatorTls.Material after = tls.refresh();
            if (!before.equals(after)) {
                registry.get(OperatorKeyStore.TLS_CONFIGURATION).ifPresent(configuration -> {
                    configuration.reload();
                    updates.fire(new CertificateUpdatedEvent(OperatorKeyStore.TLS_CONFIGURATION, configuration));
                });
                LOG.info("event=tls-reloaded");
            }
            MutatingWebhookConfiguration configuration = client.admissionRegistration()
                    .v1()
                    .mutatingWebhookConfigurations()
                    .withName(settings.webhookConfiguration())
                    .get();
            if (configuration != null) {
                keepAnchor(configuration);
            }
        } catch (RuntimeException e) {
            LOG.warnf("event=tls-refresh-failed message=\"%s\"", e.getMessage()); // the next look tries again
        }
    }

    private void keepAnchor(MutatingWebhookConfiguration configuration) {
        String wanted =
                Base64.getEncoder().encodeToString(tls.material().anchors().getBytes(StandardCharsets.UTF_8));
        boolean right = configuration.getWebhooks().stream()
                .allMatch(webhook -> wanted.equals(webhook.getClientConfig().getCaBundle()));
        if (right) {
            return;
        }
        try {
            client.admissionRegistration()
                    .v1()
                    .mutatingWebhookConfigurations()
                    .withName(settings.webhookConfiguration())
                    .edit(current -> {
                        current.getWebhooks()
                                .forEach(webhook -> webhook.getClientConfig().setCaBundle(wanted));
                        return current;
                    });
            LOG.infof("event=webhook-anchored name=%s", settings.webhookConfiguration());
        } catch (KubernetesClientException e) {
            LOG.warnf(
                    "event=webhook-anchor-failed message=\"%s\"",
                    e.getMessage()); // the informer or the next look retries
        }
    }
}
