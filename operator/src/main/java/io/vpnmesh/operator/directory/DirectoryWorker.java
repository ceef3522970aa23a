// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.feed.FeedStore;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.status.MeshDirectoryState.Facts;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The thread that owns one mesh's directory, and its clock: changes are looked at together, at most every 50 ms. What
 * waits for the API server runs beside it, one at a time of each kind.
 */
final class DirectoryWorker implements ControlLink.Listener {

    private static final Logger LOG = Logger.getLogger(DirectoryWorker.class);

    private static final long TOGETHER_NS = Duration.ofMillis(50).toNanos();
    private static final long LOOK_AGAIN_NS = Duration.ofSeconds(5).toNanos();
    private static final long DIGEST_NS = Duration.ofSeconds(30).toNanos();
    private static final long LEADER_NS = Duration.ofSeconds(30).toNanos();
    private static final long JOIN_AGAIN_NS = Duration.ofSeconds(5).toNanos();

    private final MeshRef ref;
    private final MeshSources sources;
    private final FeedStore feed;
    private final LeaderWork leaderWork;
    private final String replica;
    private final InstantSource clock;
    private final ExecutorService threads;
    private final LinkedBlockingQueue<Runnable> mailbox = new LinkedBlockingQueue<>();
    private final AtomicBoolean releasing = new AtomicBoolean();
    private final AtomicBoolean showing = new AtomicBoolean();
    private final AtomicBoolean joining = new AtomicBoolean();
    private final AtomicBoolean dirtyQueued = new AtomicBoolean();
    private final Thread thread;
    private volatile boolean stopped;
    private volatile Facts facts = new Facts(false, "Starting", "the directory is starting", 1);
    private @Nullable MeshDirectory directory;
    private boolean dirty = true;
    private long refreshedNs;
    private long digestNs;
    private long releasedNs;
    private long shownNs;
    private long joinNs;
    private int shown;

    DirectoryWorker(
            MeshRef ref,
            MeshSources sources,
            FeedStore feed,
            LeaderWork leaderWork,
            String replica,
            InstantSource clock,
            ExecutorService threads) {
        this.ref = ref;
        this.sources = sources;
        this.feed = feed;
        this.leaderWork = leaderWork;
        this.replica = replica;
        this.clock = clock;
        this.threads = threads;
        long now = System.nanoTime();
        this.refreshedNs = now - LOOK_AGAIN_NS;
        this.digestNs = now;
        this.releasedNs = now - LEADER_NS;
        this.shownNs = now - LEADER_NS;
        this.joinNs = now - JOIN_AGAIN_NS;
        this.thread = Thread.ofVirtual().name("directory-" + ref).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped = true;
        thread.interrupt();
    }

    /** Something in the caches changed. */
    void changed() {
        if (dirtyQueued.compareAndSet(false, true)) {
            mailbox.add(() -> {
                dirtyQueued.set(false);
                dirty = true;
            });
        }
    }

    /** A pod went away: its address is let go at once, not at the next round. */
    void podGone() {
        mailbox.add(() -> {
            releasedNs = System.nanoTime() - LEADER_NS;
            dirty = true;
        });
    }

    Facts facts() {
        return facts;
    }

    @Override
    public void connected(ControlLink link) {
        mailbox.add(() -> {
            if (directory != null) {
                directory.connected(link);
                shownNs = System.nanoTime() - LEADER_NS;
                facts = directory.facts();
            }
        });
    }

    @Override
    public void received(ControlLink link, CtlMessage message) {
        if (message instanceof CtlMessage.JoinForward forward) {
            threads.execute(() -> answerJoin(link, forward));
        } else {
            mailbox.add(() -> {
                if (directory != null && directory.received(link, message)) {
                    dirty = true;
                }
            });
        }
    }

    @Override
    public void disconnected(ControlLink link, String problem) {
        mailbox.add(() -> {
            if (directory != null) {
                directory.disconnected(link, problem);
                facts = directory.facts();
            }
        });
    }

    private void run() {
        while (!stopped) {
            try {
                Runnable task = mailbox.poll(nextWaitNs(), TimeUnit.NANOSECONDS);
                for (; task != null; task = mailbox.poll()) {
                    task.run();
                }
                work(System.nanoTime());
            } catch (InterruptedException e) {
                break; // stop() says so
            } catch (RuntimeException e) {
                if (stopped) {
                    break; // whatever was begun met closed executors
                }
                LOG.errorf(e, "event=directory-failed mesh=%s", ref);
                refreshedNs = System.nanoTime(); // not again before the next round
                dirty = false;
            }
        }
        if (directory != null) {
            directory.stop();
        }
    }

    private long nextWaitNs() {
        long now = System.nanoTime();
        long due = dirty ? refreshedNs + TOGETHER_NS : refreshedNs + LOOK_AGAIN_NS;
        due = Math.min(due, digestNs + DIGEST_NS);
        return Math.max(0, due - now);
    }

    private void work(long now) {
        if ((dirty && now - refreshedNs >= TOGETHER_NS) || now - refreshedNs >= LOOK_AGAIN_NS) {
            dirty = false;
            refreshedNs = now;
            refresh(now);
        }
        if (directory != null && now - digestNs >= DIGEST_NS) {
            digestNs = now;
            directory.tellDigests();
        }
    }

    private void refresh(long now) {
        if (!sources.synced()) {
            return;
        }
        Optional<VpnMesh> mesh = sources.mesh();
        if (mesh.isEmpty()) {
            return;
        }
        Optional<MeshKeys> keys = sources.keys();
        if (keys.isEmpty()) {
            join(mesh.get(), now);
            return;
        }
        MeshDirectory current = directory;
        if (current == null || !current.keys().intermediate().equals(keys.get().intermediate())) {
            if (current != null) {
                current.stop();
            }
            current = new MeshDirectory(keys.get(), sources, feed, replica, clock, this);
            directory = current;
        }
        current.refresh();
        facts = current.facts();
        if (sources.isLeader()) {
            lead(mesh.get(), current, now);
        }
    }

    private void lead(VpnMesh mesh, MeshDirectory current, long now) {
        MeshKeys keys = current.keys();
        if (now - releasedNs >= LEADER_NS && alone(releasing, "release", () -> leaderWork.releaseAddresses(keys))) {
            releasedNs = now;
        }
        List<LeaderWork.ClusterView> views = current.clusterViews();
        boolean others = views.size() != shown;
        if ((others || now - shownNs >= LEADER_NS)
                && alone(showing, "show-clusters", () -> leaderWork.showClusters(keys, mesh, views))) {
            shownNs = now;
            shown = views.size();
        }
    }

    private void join(VpnMesh mesh, long now) {
        if (MeshDefaults.spec(mesh).join() == null || !sources.isLeader() || now - joinNs < JOIN_AGAIN_NS) {
            return;
        }
        alone(joining, "join", () -> {
            LeaderWork.Attempt attempt = leaderWork.join(mesh);
            mailbox.add(() -> {
                joinNs = System.nanoTime();
                facts = new Facts(false, attempt.reason(), attempt.message(), 1);
                dirty = true;
            });
        });
    }

    private void answerJoin(ControlLink link, CtlMessage.JoinForward forward) {
        try {
            Optional<VpnMesh> mesh = sources.mesh();
            Optional<MeshKeys> keys = sources.keys();
            if (mesh.isPresent() && keys.isPresent()) {
                byte[] answer = leaderWork.answerJoin(keys.get(), mesh.get(), forward.request());
                link.send(new CtlMessage.JoinAnswered(forward.connection(), answer));
            }
        } catch (RuntimeException e) {
            LOG.errorf(e, "event=join-failed mesh=%s", ref); // the joiner's relay times out and the joiner tries again
        }
    }

    /** At most one of each kind at a time; an API server that hangs holds up nothing else. False when it was busy. */
    private boolean alone(AtomicBoolean busy, String what, Runnable work) {
        if (!busy.compareAndSet(false, true)) {
            return false;
        }
        threads.execute(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                LOG.warnf("event=leader-work-failed mesh=%s what=%s message=\"%s\"", ref, what, e.getMessage());
            } finally {
                busy.set(false);
            }
        });
        return true;
    }
}
