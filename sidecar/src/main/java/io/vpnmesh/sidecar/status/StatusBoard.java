// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.status;

import io.vpnmesh.node.health.MetricsText;
import io.vpnmesh.node.health.NodeStatus;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.session.NodeView;
import io.vpnmesh.transport.crypto.AeadChoice;
import org.jspecify.annotations.Nullable;

/**
 * What probes and pages read: snapshots that the conductor leaves here. Trouble with relays, peers or the operator shows
 * on the pages and never in a probe.
 */
public final class StatusBoard implements NodeStatus {

    private final boolean startupWaits;
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

    public void publish(NodeView next) {
        view = next;
    }

    public @Nullable NodeView view() {
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
        NodeView now = view;
        return now == null ? "{}" : StatusPage.json(now, plane, aead);
    }

    @Override
    public void writeMetrics(MetricsText metrics) {
        DataPlane plane = data;
        NodeView now = view;
        if (plane != null && now != null) {
            SidecarMetrics.write(metrics, plane, now, aead);
        }
    }
}
