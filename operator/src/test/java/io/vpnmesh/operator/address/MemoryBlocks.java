// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Address blocks with the API server's compare-and-swap, in memory. */
final class MemoryBlocks implements AddressBlocks {

    private final Map<String, VpnAddressBlock> blocks = new TreeMap<>();
    private long version;
    private int writes;

    @Override
    public synchronized List<VpnAddressBlock> list(MeshRef mesh) {
        return blocks.values().stream().map(MemoryBlocks::copy).toList();
    }

    @Override
    public synchronized Optional<VpnAddressBlock> create(VpnAddressBlock block) {
        VpnAddressBlock stored = copy(block);
        stored.setStatus(null);
        stored.getMetadata().setResourceVersion(String.valueOf(++version));
        return blocks.putIfAbsent(block.getMetadata().getName(), stored) == null
                ? Optional.of(copy(stored))
                : Optional.empty();
    }

    @Override
    public synchronized Optional<VpnAddressBlock> replaceStatus(VpnAddressBlock block) {
        VpnAddressBlock stored = blocks.get(block.getMetadata().getName());
        if (stored == null
                || !stored.getMetadata()
                        .getResourceVersion()
                        .equals(block.getMetadata().getResourceVersion())) {
            return Optional.empty();
        }
        VpnAddressBlock next = copy(block);
        next.getMetadata().setResourceVersion(String.valueOf(++version));
        blocks.put(block.getMetadata().getName(), next);
        writes++;
        return Optional.of(copy(next));
    }

    synchronized int writes() {
        return writes;
    }

    synchronized int size() {
        return blocks.size();
    }

    private static VpnAddressBlock copy(VpnAddressBlock block) {
        VpnAddressBlock copy = new VpnAddressBlock();
        copy.getMetadata().setNamespace(block.getMetadata().getNamespace());
        copy.getMetadata().setName(block.getMetadata().getName());
        copy.getMetadata().setResourceVersion(block.getMetadata().getResourceVersion());
        copy.setSpec(block.getSpec());
        copy.setStatus(block.getStatus());
        return copy;
    }
}
