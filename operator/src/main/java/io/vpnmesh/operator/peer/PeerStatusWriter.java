// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.peer;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vpnmesh.crds.Conditions;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerStatus;
import io.vpnmesh.operator.mesh.Applier;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.status.ConditionSet;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.net.HttpURLConnection;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Writes reports to VpnPeers and pods from one thread. Each kind of fact has a field manager of its own, so that replicas
 * that know different things about a pod do not erase each other's.
 */
@ApplicationScoped
public class PeerStatusWriter implements PeerReports {

    private static final Logger LOG = Logger.getLogger(PeerStatusWriter.class);

    private static final String ENROLMENT = Marks.OPERATOR + "-enrolment";
    private static final String REPORT = Marks.OPERATOR + "-report";

    private static final int ATTEMPTS = 5;
    private static final int RETRY_SECONDS = 2;

    private final KubernetesClient client;
    private final Applier applier;
    private final PodConnection connection;
    private final MeshCaches caches;
    private final Map<PodKey, ReportPacer> pacers = new ConcurrentHashMap<>();
    private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("peer-status").factory());

    public PeerStatusWriter(KubernetesClient client, Applier applier, PodConnection connection, MeshCaches caches) {
        this.client = client;
        this.applier = applier;
        this.connection = connection;
        this.caches = caches;
    }

    /** After the caches: what is remembered of a pod goes with it. */
    void start(@Observes StartupEvent event) {
        caches.podInformer().addEventHandler(new ResourceEventHandler<>() {
            @Override
            public void onAdd(Pod pod) {}

            @Override
            public void onUpdate(Pod before, Pod after) {}

            @Override
            public void onDelete(Pod pod, boolean unknown) {
                pacers.remove(new PodKey(
                        pod.getMetadata().getNamespace(),
                        pod.getMetadata().getName(),
                        pod.getMetadata().getUid()));
            }
        });
    }

    void stop(@Observes ShutdownEvent event) {
        worker.shutdownNow();
    }

    @Override
    public void enrolled(PodKey pod, Enrolled facts) {
        worker.execute(() -> write(pod, ENROLMENT, enrolment(facts), 0));
    }

    @Override
    public void reported(PodKey pod, Reported facts) {
        long delay = pacers.computeIfAbsent(pod, _ -> new ReportPacer()).offer(facts, System.currentTimeMillis());
        if (delay >= 0) {
            worker.schedule(() -> writeReport(pod), delay, TimeUnit.MILLISECONDS);
        }
    }

    private void writeReport(PodKey pod) {
        ReportPacer pacer = pacers.get(pod);
        Reported facts = pacer == null ? null : pacer.take(System.currentTimeMillis());
        if (facts == null) {
            return;
        }
        write(pod, REPORT, report(pod, facts), 0);
        connection.write(pod, !facts.homeRelays().isEmpty());
    }

    private void write(PodKey pod, String manager, VpnPeerStatus status, int attempt) {
        try {
            VpnPeer live = client.resources(VpnPeer.class)
                    .inNamespace(pod.namespace())
                    .withName(pod.name())
                    .get();
            // The leader makes it within a moment of the pod's admission; this replica may be faster.
            if (live == null || !live.getSpec().podUid().equals(pod.uid())) {
                again(pod, manager, status, attempt);
                return;
            }
            VpnPeer patch = new VpnPeer();
            patch.getMetadata().setName(pod.name());
            patch.getMetadata().setNamespace(pod.namespace());
            patch.getMetadata().setUid(live.getMetadata().getUid()); // never an object made meanwhile for another pod
            patch.setStatus(keepTimes(live, status));
            applier.applyStatus(patch, manager);
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND) {
                LOG.warnf(
                        "event=peer-status-failed pod=%s/%s message=\"%s\"",
                        pod.namespace(), pod.name(), e.getMessage());
            }
            again(pod, manager, status, attempt);
        }
    }

    private void again(PodKey pod, String manager, VpnPeerStatus status, int attempt) {
        if (attempt < ATTEMPTS) {
            worker.schedule(() -> write(pod, manager, status, attempt + 1), RETRY_SECONDS, TimeUnit.SECONDS);
        } else {
            pacers.remove(pod); // then the next report is written even if it says the same
        }
    }

    private static VpnPeerStatus enrolment(Enrolled facts) {
        return new VpnPeerStatus(
                null,
                facts.nodeId(),
                facts.addresses(),
                facts.identity(),
                facts.generation(),
                facts.notAfter(),
                null,
                List.of(),
                null,
                null,
                null,
                List.of());
    }

    private static VpnPeerStatus report(PodKey pod, Reported facts) {
        boolean connected = !facts.homeRelays().isEmpty();
        List<Condition> conditions = new ConditionSet(List.of(), 1, Instant.now())
                .set(
                        Conditions.READY,
                        connected,
                        connected ? "Connected" : "NoRelay",
                        connected
                                ? "the sidecar holds a lease at a relay"
                                : "the sidecar reaches no relay: kubectl logs " + pod.name() + " -c vpnmesh -n "
                                        + pod.namespace())
                .toList();
        return new VpnPeerStatus(
                1L,
                null,
                List.of(),
                null,
                null,
                null,
                facts.natType(),
                facts.homeRelays(),
                facts.direct(),
                facts.relayed(),
                facts.relayedReason(),
                conditions);
    }

    /** A condition that did not change keeps its time. */
    private static VpnPeerStatus keepTimes(VpnPeer live, VpnPeerStatus status) {
        @Nullable VpnPeerStatus old = live.getStatus();
        if (old != null) {
            for (Condition condition : status.conditions()) {
                old.conditions().stream()
                        .filter(before -> before.getType().equals(condition.getType())
                                && before.getStatus().equals(condition.getStatus()))
                        .forEach(before -> condition.setLastTransitionTime(before.getLastTransitionTime()));
            }
        }
        return status;
    }
}
