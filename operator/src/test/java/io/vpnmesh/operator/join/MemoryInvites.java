// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** Invitations and clusters with the API server's compare-and-swap, in memory. */
final class MemoryInvites implements Invites {

    private final Map<String, VpnInvite> invites = new TreeMap<>();
    private final Map<String, VpnCluster> clusters = new TreeMap<>();
    private long version;

    void put(VpnInvite invite) {
        invite.getMetadata().setResourceVersion(String.valueOf(++version));
        invites.put(invite.getMetadata().getName(), copy(invite));
    }

    @Override
    public Optional<VpnInvite> get(String namespace, String name) {
        return Optional.ofNullable(invites.get(name)).map(MemoryInvites::copy);
    }

    @Override
    public boolean replaceStatus(VpnInvite invite) {
        VpnInvite stored = invites.get(invite.getMetadata().getName());
        if (stored == null
                || !stored.getMetadata()
                        .getResourceVersion()
                        .equals(invite.getMetadata().getResourceVersion())) {
            return false;
        }
        put(invite);
        return true;
    }

    @Override
    public List<VpnInvite> list(MeshRef mesh) {
        return invites.values().stream().map(MemoryInvites::copy).toList();
    }

    @Override
    public List<VpnCluster> clusters(MeshRef mesh) {
        return List.copyOf(clusters.values());
    }

    @Override
    public VpnCluster ensureCluster(VpnCluster cluster) {
        return clusters.computeIfAbsent(cluster.getMetadata().getName(), _ -> cluster);
    }

    @Override
    public void writeStatus(VpnCluster cluster) {
        clusters.put(cluster.getMetadata().getName(), cluster);
    }

    private static VpnInvite copy(VpnInvite invite) {
        VpnInvite copy = new VpnInvite();
        copy.getMetadata().setNamespace(invite.getMetadata().getNamespace());
        copy.getMetadata().setName(invite.getMetadata().getName());
        copy.getMetadata().setUid(invite.getMetadata().getUid());
        copy.getMetadata().setResourceVersion(invite.getMetadata().getResourceVersion());
        copy.setSpec(invite.getSpec());
        copy.setStatus(invite.getStatus());
        return copy;
    }
}
