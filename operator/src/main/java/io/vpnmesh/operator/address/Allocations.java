// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.crds.VpnAddressBlockStatus;
import io.vpnmesh.crds.VpnAddressBlockStatus.Allocation;
import io.vpnmesh.crds.VpnAddressBlockStatus.State;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Who holds which address, as every replica sees it: the authority on which node owns an address, and on the generation
 * of its key. From a cache; the one that must be sure asks again live. Thread-safe.
 */
@ApplicationScoped
public class Allocations {

    /** After the pods' caches, before HTTP answers. */
    private static final int AFTER_CACHES = 110;

    private final KubernetesClient client;
    private final AddressBlocks store;
    private @Nullable SharedIndexInformer<VpnAddressBlock> blocks;

    /** One allocation, addresses spelt out. */
    public record Held(
            Holder holder,
            String nodeId,
            long generation,
            String keyHash,
            boolean quarantined,
            List<IpAddress> addresses) {

        /** Whether the holder has a certificate. */
        public boolean enrolled() {
            return generation > 0 && !quarantined;
        }
    }

    public Allocations(KubernetesClient client, AddressBlocks store) {
        this.client = client;
        this.store = store;
    }

    void start(@Observes @Priority(AFTER_CACHES) StartupEvent event) {
        blocks = client.resources(VpnAddressBlock.class).inAnyNamespace().runnableInformer(0);
        blocks.exceptionHandler((_, _) -> true).start();
    }

    void stop(@Observes ShutdownEvent event) {
        if (blocks != null) {
            blocks.stop();
        }
    }

    public boolean synced() {
        return blocks != null && blocks.hasSynced();
    }

    public void onChange(ResourceEventHandler<VpnAddressBlock> handler) {
        Objects.requireNonNull(blocks, "caches are not started").addEventHandler(handler);
    }

    /** All allocations of a mesh, quarantined ones included. */
    public List<Held> of(MeshRef mesh, String meshId) {
        SharedIndexInformer<VpnAddressBlock> informer = blocks;
        return informer == null
                ? List.of()
                : held(mesh, meshId, informer.getStore().list());
    }

    /** The allocation of a node; a miss is asked again live, because another replica may just have made it. */
    public Optional<Held> find(MeshRef mesh, String meshId, String nodeId) {
        return find(of(mesh, meshId), nodeId).or(() -> find(live(mesh, meshId), nodeId));
    }

    /** As {@link #of}, read from the API server. */
    public List<Held> live(MeshRef mesh, String meshId) {
        return held(mesh, meshId, store.list(mesh));
    }

    private static Optional<Held> find(List<Held> held, String nodeId) {
        return held.stream().filter(one -> one.nodeId().equals(nodeId)).findFirst();
    }

    static List<Held> held(MeshRef mesh, String meshId, Collection<VpnAddressBlock> blocks) {
        List<Held> result = new ArrayList<>();
        for (VpnAddressBlock block : blocks) {
            VpnAddressBlockStatus status = block.getStatus();
            if (status != null
                    && mesh.namespace().equals(block.getMetadata().getNamespace())
                    && mesh.name().equals(block.getSpec().mesh())
                    && meshId.equals(block.getSpec().meshId())) {
                status.allocations().forEach((uid, allocation) -> result.add(held(block, uid, allocation)));
            }
        }
        return result;
    }

    private static Held held(VpnAddressBlock block, String uid, Allocation allocation) {
        List<IpAddress> addresses = new ArrayList<>();
        for (@Nullable
        String prefix :
                new @Nullable String[] {block.getSpec().ipv4(), block.getSpec().ipv6()}) {
            if (prefix != null) {
                addresses.add(Cidr.parse(prefix).address().plus(allocation.offset()));
            }
        }
        return new Held(
                new Holder(uid, allocation.podNamespace(), allocation.podName()),
                allocation.nodeId(),
                allocation.generation(),
                allocation.keyHash() == null ? "" : allocation.keyHash(),
                allocation.state() == State.QUARANTINED,
                List.copyOf(addresses));
    }
}
