// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.fabric8.kubernetes.api.model.LoadBalancerIngress;
import io.fabric8.kubernetes.api.model.LoadBalancerIngressBuilder;
import io.fabric8.kubernetes.api.model.LoadBalancerStatusBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.vpnmesh.e2e.cluster.BalancerRules.Forwarding;
import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.net.TopologyPlan.SitePlan;
import io.vpnmesh.e2e.run.Run;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Plays the cloud of a site: gives each Service of type LoadBalancer a public address of its own, opens exactly its
/// ports on the site's router, and writes the address into the Service's status. The client's address is preserved.
public final class CloudLoadBalancer implements AutoCloseable {
    private final Site site;
    private final KubernetesClient client;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("cloud-load-balancer").factory());
    private final SharedIndexInformer<Service> services;
    /// Service uid → public address; only the worker touches it.
    private final Map<String, String> addresses = new TreeMap<>();

    private Set<Forwarding> open = Set.of();

    private CloudLoadBalancer(Site site, KubernetesClient client) {
        this.site = site;
        this.client = client;
        this.services = client.services().inAnyNamespace().runnableInformer(0);
    }

    /// Starts watching; the run closes it.
    public static CloudLoadBalancer start(Run run, Site site, KubernetesClient client) {
        var balancer = new CloudLoadBalancer(site, client);
        balancer.services.addEventHandler(balancer.new Events());
        balancer.services.run();
        return run.closing(balancer);
    }

    private final class Events implements ResourceEventHandler<Service> {
        @Override
        public void onAdd(Service service) {
            schedule();
        }

        @Override
        public void onUpdate(Service before, Service service) {
            schedule();
        }

        @Override
        public void onDelete(Service service, boolean isFinalStateUnknown) {
            schedule();
        }
    }

    private void schedule() {
        try {
            worker.execute(this::reconcile);
        } catch (RejectedExecutionException _) {
            // Closing.
        }
    }

    private void reconcile() {
        try {
            var wanted = services.getStore().list().stream()
                    .filter(CloudLoadBalancer::isOurs)
                    .toList();
            addresses
                    .keySet()
                    .retainAll(wanted.stream().map(CloudLoadBalancer::uid).collect(Collectors.toSet()));
            wanted.forEach(this::allocate);
            program(wanted.stream().flatMap(this::forwardings).collect(Collectors.toSet()));
            wanted.forEach(this::publish);
        } catch (RuntimeException e) {
            // The rim of the worker: the next event tries again.
            System.err.println("lab: load balancer of site %s: %s".formatted(site.name(), e.getMessage()));
        }
    }

    /// Services with a class belong to somebody else's load balancer.
    private static boolean isOurs(Service service) {
        var spec = service.getSpec();
        return "LoadBalancer".equals(spec.getType())
                && spec.getLoadBalancerClass() == null
                && service.getMetadata().getDeletionTimestamp() == null;
    }

    private void allocate(Service service) {
        addresses.computeIfAbsent(uid(service), _ -> {
            var free = site.plan().balancers().stream()
                    .filter(address -> !addresses.containsValue(address))
                    .toList();
            // After a restart of this process a Service keeps what it has.
            return published(service)
                    .filter(free::contains)
                    .or(() -> free.stream().findFirst())
                    .orElseThrow(() -> new IllegalStateException("no public address is left for Service "
                            + service.getMetadata().getName()));
        });
    }

    private Stream<Forwarding> forwardings(Service service) {
        var address = addresses.get(uid(service));
        return service.getSpec().getPorts().stream()
                // Without a node port (allocateLoadBalancerNodePorts: false) there is nothing to forward to.
                .filter(port -> port.getNodePort() != null && address != null)
                .map(port -> new Forwarding(
                        String.valueOf(address),
                        port.getProtocol().toLowerCase(Locale.ROOT),
                        port.getPort(),
                        SitePlan.NODE_ADDRESS,
                        port.getNodePort()));
    }

    private void program(Set<Forwarding> next) {
        if (next.equals(open)) {
            return;
        }
        site.router().nft(BalancerRules.render(next));
        var changed = new HashSet<String>();
        Stream.concat(next.stream(), open.stream())
                .filter(forwarding -> !next.contains(forwarding) || !open.contains(forwarding))
                .forEach(forwarding -> changed.add(forwarding.address()));
        // An entry made under the old rules would black-hole its flow for ever. Exit 1 says that there was none.
        changed.forEach(address ->
                site.router().command("conntrack", "-D", "--orig-dst", address).run());
        open = next;
    }

    private void publish(Service service) {
        var address = addresses.get(uid(service));
        if (address == null || published(service).filter(address::equals).isPresent()) {
            return;
        }
        var metadata = service.getMetadata();
        try {
            client.services()
                    .inNamespace(metadata.getNamespace())
                    .withName(metadata.getName())
                    .editStatus(current -> {
                        var ingress = new LoadBalancerIngressBuilder()
                                .withIp(address)
                                .withIpMode("VIP")
                                .build();
                        current.getStatus()
                                .setLoadBalancer(new LoadBalancerStatusBuilder()
                                        .withIngress(ingress)
                                        .build());
                        return current;
                    });
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
    }

    private static Optional<String> published(Service service) {
        return Optional.ofNullable(service.getStatus())
                .map(status -> status.getLoadBalancer())
                .map(balancer -> balancer.getIngress())
                .orElse(List.of())
                .stream()
                .map(LoadBalancerIngress::getIp)
                .findFirst();
    }

    private static String uid(Service service) {
        return service.getMetadata().getUid();
    }

    /// Stops watching; what is open stays open, and goes with the site.
    @Override
    public void close() {
        services.close();
        worker.shutdownNow();
    }
}
