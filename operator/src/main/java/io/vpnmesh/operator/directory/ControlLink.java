// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.ctl.LengthFraming;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The connection to one relay, made again whenever it breaks, after a pause that grows and is jittered so that the
 * operators of a mesh do not come back in step. Two virtual threads: one connects and reads, one writes.
 */
final class ControlLink {

    /** A relay sends digests every 30 s. */
    private static final int SILENCE_MS = 100_000;

    private static final long LASTED_NS = Duration.ofSeconds(5).toNanos();
    private static final long FIRST_PAUSE_MS = 200;
    /** A restarted relay has its operators back within this. */
    private static final long MAX_PAUSE_MS = 3_000;

    /** More than this waiting means that the relay does not read: better to connect anew and send a snapshot. */
    private static final int QUEUE = 4096;

    private final List<HostPort> addresses;
    private final Supplier<SSLContext> tls;
    private final Listener listener;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile @Nullable Session session;

    /** Called on the link's own threads; must only enqueue. */
    interface Listener {

        void connected(ControlLink link);

        void received(ControlLink link, CtlMessage message);

        /** The connection is gone; {@code problem} says why, for people. */
        void disconnected(ControlLink link, String problem);
    }

    private record Session(TlsConnection connection, BlockingQueue<byte[]> outgoing, HostPort address) {}

    /**
     * @param addresses of one relay, tried in order
     * @param tls asked at each attempt, because the own certificate is renewed
     */
    ControlLink(String name, List<HostPort> addresses, Supplier<SSLContext> tls, Listener listener) {
        this.addresses = List.copyOf(addresses);
        this.tls = tls;
        this.listener = listener;
        this.thread = Thread.ofVirtual().name("ctl-" + name).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    void stop() {
        stopped = true;
        closeSession();
        thread.interrupt();
    }

    boolean isConnected() {
        return session != null;
    }

    List<HostPort> addresses() {
        return addresses;
    }

    /** Sends as soon as the relay takes it; without a connection the message is dropped. */
    void send(CtlMessage message) {
        Session current = session;
        if (current != null && !current.outgoing().offer(CtlCodec.encode(message))) {
            closeSession();
        }
    }

    /** Breaks the connection; it comes back at once. */
    void reconnect() {
        closeSession();
    }

    private void run() {
        long pauseMs = FIRST_PAUSE_MS;
        for (int attempt = 0; !stopped; attempt++) {
            HostPort address = addresses.get(attempt % addresses.size());
            String problem;
            long connectedNs = System.nanoTime();
            try (TlsConnection connection =
                    TlsConnection.open(address, tls.get(), CtlCodec.ALPN, LengthFraming.MAX_CTL_BYTES, SILENCE_MS)) {
                connectedNs = System.nanoTime();
                serve(connection, address);
                problem = "closed";
            } catch (IOException | MalformedException | RuntimeException e) {
                problem =
                        address + ": " + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
            }
            session = null;
            if (stopped) {
                return;
            }
            listener.disconnected(this, problem);
            // A relay that throws us out at once must not be asked five times a second.
            boolean lasted = System.nanoTime() - connectedNs > LASTED_NS;
            pauseMs = lasted ? FIRST_PAUSE_MS : Math.min(pauseMs * 2, MAX_PAUSE_MS);
            if (!pause(ThreadLocalRandom.current().nextLong(pauseMs / 2, pauseMs + 1))) {
                return;
            }
        }
    }

    private void serve(TlsConnection connection, HostPort address) throws IOException, MalformedException {
        Session current = new Session(connection, new ArrayBlockingQueue<>(QUEUE), address);
        Thread writer = Thread.ofVirtual().name(thread.getName() + "-writer").unstarted(() -> write(current));
        session = current;
        writer.start();
        try {
            listener.connected(this);
            while (!stopped) {
                listener.received(this, CtlCodec.decode(connection.read()));
            }
        } finally {
            session = null;
            writer.interrupt();
        }
    }

    private void write(Session current) {
        try {
            while (true) {
                current.connection().write(current.outgoing().take());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            closeSession(); // the reader sees it and reports
        }
    }

    private void closeSession() {
        Session current = session;
        if (current != null) {
            try {
                current.connection().close();
            } catch (IOException e) {
                session = null; // a socket that does not close is gone already
            }
        }
    }

    private static boolean pause(long ms) {
        try {
            Thread.sleep(ms);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
