// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.status;

import io.vpnmesh.node.health.MetricsText;
import io.vpnmesh.node.health.NodeStatus;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.session.NodeView;
import io.vpnmesh.transport.crypto.AeadChoice;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What probes and pages read. A snapshot of the mesh is taken when somebody asks, by the conductor: with many peers it is
 * much work, and most of the time nobody looks. Trouble with relays, peers or the operator shows on the pages and never in
 * a probe, which asks nobody.
 */
public final class StatusBoard implements NodeStatus {

    /** For a conductor that has a long list of other things to do; who asks gets the last snapshot then. */
    private static final long PATIENCE_MS = 500;

    private final boolean startupWaits;
    private volatile @Nullable Supplier<Future<NodeView>> snapshots;
    private volatile @Nullable DataPlane data;
    private volatile @Nullable NodeView view;
    private volatile AeadChoice aead = AeadChoice.jdk();

    /** @param startupWaits whether "started" waits for device and certificate */
    public StatusBoard(boolean startupWaits) {
        this.startupWaits = startupWaits;
    }

    /** The device is attached and the certificate is there. */
    public void running(DataPlane plane) {
        data = plane;
    }

    /** Who seals packets. */
    public void sealing(AeadChoice choice) {
        aead = choice;
    }

    /** Whom to ask for a snapshot, from now on. */
    public void askFor(Supplier<Future<NodeView>> source) {
        snapshots = source;
    }

    /** Of this moment, or the last one there was; null before the first. Any thread but the conductor's. */
    public @Nullable NodeView view() {
        Supplier<Future<NodeView>> source = snapshots;
        if (source != null) {
            try {
                view = source.get().get(PATIENCE_MS, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (ExecutionException | TimeoutException _) {
                // the last one
            }
        }
        return view;
    }

    /** The last one that somebody asked for: waits for nobody. */
    @Nullable
    NodeView lastView() {
        return view;
    }

    @Override
    public boolean started() {
        return !startupWaits || data != null;
    }

    @Override
    public boolean ready() {
        DataPlane plane = data;
        return plane == null ? !startupWaits : plane.isAlive();
    }

    @Override
    public String statusJson() {
        DataPlane plane = data;
        NodeView now = view();
        return now == null ? "{}" : StatusPage.json(now, plane, aead);
    }

    @Override
    public void writeMetrics(MetricsText metrics) {
        DataPlane plane = data;
        NodeView now = view();
        if (plane != null && now != null) {
            SidecarMetrics.write(metrics, plane, now, aead);
        }
    }
}
