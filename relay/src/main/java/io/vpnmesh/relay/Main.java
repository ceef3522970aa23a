// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.node.config.ConfigException;
import io.vpnmesh.node.config.NodeConfig;
import io.vpnmesh.node.config.Settings;
import io.vpnmesh.node.control.ControlLink;
import io.vpnmesh.node.health.HealthServer;
import io.vpnmesh.node.health.NodeStatus;
import io.vpnmesh.node.identity.IdentityStore;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import io.vpnmesh.node.log.LineLoggerFinder;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** {@code run} or {@code run --config FILE}: the relay until SIGTERM. Exit code 2 = the configuration needs a person. */
public final class Main {

    private static final System.Logger LOG = System.getLogger(Main.class.getName());

    private static final int EXIT_FAILED = 1;
    private static final int EXIT_CONFIGURATION = 2;
    private static final Duration REPORT_EVERY = Duration.ofSeconds(30);

    private Main() {}

    public static void main(String[] arguments) throws InterruptedException {
        if (arguments.length == 0 || !arguments[0].equals("run")) {
            System.err.println("usage: run [--config FILE]");
            System.exit(EXIT_CONFIGURATION);
        }
        try {
            run(Settings.ofArguments(Arrays.copyOfRange(arguments, 1, arguments.length), System.getenv()));
        } catch (ConfigException | UnusableCredentialsException e) {
            LOG.log(System.Logger.Level.ERROR, "event=cannot-start reason=\"" + e.getMessage() + "\"");
            System.exit(EXIT_CONFIGURATION);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.ERROR, "event=cannot-start reason=\"" + e.getMessage() + "\"");
            System.exit(EXIT_FAILED);
        }
    }

    private static void run(Settings settings)
            throws ConfigException, UnusableCredentialsException, IOException, InterruptedException {
        NodeConfig config = NodeConfig.ofRelay(settings);
        LineLoggerFinder.setLevel(config.logLevel());
        SecureRandom random = new SecureRandom();
        SecretBytes ticketKey = TicketKey.read(config, random);
        IdentityStore store = new IdentityStore(config.stateDir());
        boolean restarted = store.startedBefore();
        long bootEpoch = store.nextBootEpoch(System.currentTimeMillis());
        StartingStatus status = new StartingStatus();
        try (HealthServer _ =
                        new HealthServer(config.healthAddress(), config.healthPort(), config.metricsPort(), status);
                ControlLink link = ControlLink.of(config, store, Clock.systemUTC(), random)) {
            NodeCredentials credentials = link.obtain();
            try (Relay relay = new Relay(new Relay.Start(
                    credentials,
                    bootEpoch,
                    restarted,
                    ticketKey,
                    any(config.udpPort()),
                    any(config.tlsPort()),
                    Clock.systemUTC(),
                    random))) {
                status.running(relay.status());
                link.follow(relay);
                Thread reporter = Thread.ofVirtual().name("report").start(() -> report(link, bootEpoch));
                awaitTermination(relay);
                reporter.interrupt();
            }
        }
    }

    private static Endpoint any(int port) {
        return new Endpoint(new IpAddress(6, 0, 0), port);
    }

    /** Returns when the process is asked to end, after the drain; the JVM waits for what follows, 2 seconds at most. */
    private static void awaitTermination(Relay relay) throws InterruptedException {
        CountDownLatch asked = new CountDownLatch(1);
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            asked.countDown();
            try {
                main.join(Duration.ofSeconds(2).toMillis());
            } catch (InterruptedException _) {
                // the JVM goes anyway
            }
        }));
        asked.await();
        LOG.log(System.Logger.Level.INFO, "event=draining");
        relay.drain();
    }

    private static void report(ControlLink link, long bootEpoch) {
        try {
            while (true) {
                try {
                    link.report(new StatusReport(
                            bootEpoch, List.of(), "Unknown", List.of(), List.of(), Map.of(), false, Optional.empty()));
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.DEBUG, "event=report-failed reason=\"" + e.getMessage() + "\"");
                }
                Thread.sleep(REPORT_EVERY);
            }
        } catch (InterruptedException _) {
            // the relay ends
        }
    }

    /** Answers probes before there is a relay. */
    private static final class StartingStatus implements NodeStatus {
        private volatile Optional<NodeStatus> relay = Optional.empty();

        private void running(NodeStatus status) {
            relay = Optional.of(status);
        }

        @Override
        public boolean started() {
            return relay.map(NodeStatus::started).orElse(false);
        }

        @Override
        public boolean ready() {
            return relay.map(NodeStatus::ready).orElse(false);
        }

        @Override
        public String statusJson() {
            return relay.map(NodeStatus::statusJson).orElse("{\"role\":\"relay\",\"ready\":false}");
        }

        @Override
        public void writeMetrics(io.vpnmesh.node.health.MetricsText metrics) {
            relay.ifPresent(status -> status.writeMetrics(metrics));
        }
    }
}
