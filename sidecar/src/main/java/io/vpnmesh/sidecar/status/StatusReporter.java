// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.status;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.directory.enrol.PeerStatus;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.node.control.ControlLink;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.session.NodeView;
import io.vpnmesh.transport.MonotonicClock;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells the operator: on each change, each 30 seconds, and at the end. On a virtual thread of its own. */
public final class StatusReporter implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(StatusReporter.class.getName());

    private static final long INTERVAL_MS = 30_000;
    /** Several changes in a row make one report. */
    private static final long SETTLE_MS = 200;

    private static final long NS_PER_MS = 1_000_000;
    private static final long GOODBYE_MS = 1_500;

    /** What a change must touch to be worth a report at once; round trips and counters tick. */
    private record Essence(List<NodeId> homes, String natType, List<Endpoint> reflexive, List<String> peers) {

        static Essence of(NodeView view) {
            return new Essence(
                    view.homes(),
                    view.natType(),
                    view.reflexive(),
                    view.peers().stream()
                            .map(peer -> peer.status().node() + "/"
                                    + peer.status().path() + "/" + peer.status().reason() + "/"
                                    + peer.status().relay())
                            .toList());
        }
    }

    private final ControlLink link;
    private final StatusBoard board;
    private final DataPlane data;
    private final long bootEpoch;
    private final Semaphore changed = new Semaphore(0);
    private final Thread thread;
    private boolean failing;
    private @Nullable Essence reported;

    public StatusReporter(ControlLink link, StatusBoard board, DataPlane data, long bootEpoch) {
        this.link = link;
        this.board = board;
        this.data = data;
        this.bootEpoch = bootEpoch;
        thread = Thread.ofVirtual().name("status").start(this::run);
    }

    /** The board has news. Any thread. */
    public void changed() {
        changed.release();
    }

    private void run() {
        long nextMs = 0;
        try {
            while (true) {
                long nowMs = MonotonicClock.nowNs() / NS_PER_MS;
                if (changed.tryAcquire(Math.max(1, nextMs - nowMs), TimeUnit.MILLISECONDS)) {
                    Thread.sleep(SETTLE_MS);
                    changed.drainPermits();
                }
                NodeView view = board.view();
                boolean due = MonotonicClock.nowNs() / NS_PER_MS >= nextMs;
                if (view != null && (due || !Essence.of(view).equals(reported))) {
                    report(view);
                    nextMs = MonotonicClock.nowNs() / NS_PER_MS + INTERVAL_MS;
                } else if (due) {
                    nextMs = MonotonicClock.nowNs() / NS_PER_MS + SETTLE_MS;
                }
            }
        } catch (InterruptedException _) {
            // closed
        }
    }

    private void report(NodeView view) throws InterruptedException {
        try {
            link.report(of(view, false));
            reported = Essence.of(view);
            if (failing) {
                LOG.log(System.Logger.Level.INFO, "event=status-reported-again");
            }
            failing = false;
        } catch (IOException e) {
            if (!failing) {
                LOG.log(System.Logger.Level.WARNING, "event=status-unreported reason=\"" + e.getMessage() + "\"");
            }
            failing = true;
            Thread.sleep(TimeUnit.SECONDS.toMillis(2));
        }
    }

    private StatusReport of(NodeView view, boolean goodbye) {
        Map<String, Long> counters = new HashMap<>();
        SidecarMetrics.drops(data).forEach((reason, count) -> {
            if (count > 0) {
                counters.put("dropped." + reason, count);
            }
        });
        List<PeerStatus> peers =
                view.peers().stream().map(NodeView.PeerView::status).toList();
        return new StatusReport(
                bootEpoch, view.homes(), view.natType(), view.reflexive(), peers, counters, goodbye, Optional.empty());
    }

    /** Says goodbye, for 1.5 seconds at most. */
    public void sayGoodbye() {
        NodeView view = board.lastView();
        if (view == null) {
            return;
        }
        Thread last = Thread.ofVirtual().name("goodbye").start(() -> {
            try {
                link.report(of(view, true));
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "event=goodbye-unreported reason=\"" + e.getMessage() + "\"");
            }
        });
        try {
            last.join(GOODBYE_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
