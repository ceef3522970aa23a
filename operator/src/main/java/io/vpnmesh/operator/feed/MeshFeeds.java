// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.feed;

import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.enterprise.context.ApplicationScoped;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The feeds of this replica, one per mesh; filled by the directory, read by connections. Thread-safe. */
@ApplicationScoped
public class MeshFeeds {

    private static final int EPOCH_BYTES = 6;

    private final SecureRandom random = new SecureRandom();
    private final Map<MeshRef, FeedStore> stores = new ConcurrentHashMap<>();

    public FeedStore of(MeshRef mesh) {
        return stores.computeIfAbsent(mesh, _ -> new FeedStore(newEpoch()));
    }

    private String newEpoch() {
        byte[] bytes = new byte[EPOCH_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The mesh is gone; a mesh made again under its name gets a fresh feed. */
    public void remove(MeshRef mesh) {
        stores.remove(mesh);
    }
}
