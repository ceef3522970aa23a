// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar;

import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.feed.FeedEvent;
import io.vpnmesh.node.config.ConfigException;
import io.vpnmesh.node.config.NodeConfig;
import io.vpnmesh.node.control.ControlLink;
import io.vpnmesh.node.control.ControlListener;
import io.vpnmesh.node.health.HealthServer;
import io.vpnmesh.node.identity.IdentityStore;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.data.TrainStage;
import io.vpnmesh.sidecar.inbound.InboundPolicy;
import io.vpnmesh.sidecar.inbound.InboundRules;
import io.vpnmesh.sidecar.session.Conductor;
import io.vpnmesh.sidecar.session.ConductorInbox;
import io.vpnmesh.sidecar.session.NodeView;
import io.vpnmesh.sidecar.status.StatusBoard;
import io.vpnmesh.sidecar.status.StatusReporter;
import io.vpnmesh.transport.MachineDriver;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.crypto.AeadChoice;
import io.vpnmesh.transport.crypto.UnusableEngineException;
import io.vpnmesh.transport.tun.TunDevice;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** {@code run}: the process from its configuration to SIGTERM. */
final class Sidecar {

    private static final System.Logger LOG = System.getLogger(Sidecar.class.getName());

    private static final int MAILBOX = 4096;

    /** No packet of the pod for so long is silence. */
    private static final long SILENCE_NS = 1_000_000_000L;

    private final NodeConfig config;
    private final InstantSource clock;
    private final MachineDriver driver = new MachineDriver(MAILBOX);
    private final StatusBoard board;

    private Sidecar(NodeConfig config, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        board = new StatusBoard(config.startupWaits());
    }

    /** Runs until the process is told to end. Errors: IOException and ConfigException whose messages name the fix. */
    static void run(NodeConfig config, InstantSource clock) throws IOException, ConfigException, InterruptedException {
        new Sidecar(config, clock).run();
    }

    private void run() throws IOException, ConfigException, InterruptedException {
        SelfTests tests = SelfTests.begin(config.aead(), config.suite());
        InboundRules rules = inboundRules();
        IdentityStore store = new IdentityStore(config.stateDir());
        long bootEpoch = store.nextBootEpoch(clock.millis());
        SecureRandom random = new SecureRandom();
        try (HealthServer health =
                        new HealthServer(config.healthAddress(), config.healthPort(), config.metricsPort(), board);
                ControlLink link = ControlLink.of(config, store, clock, random)) {
            LOG.log(System.Logger.Level.INFO, "event=starting healthPort=" + health.healthPort() + " inbound=" + rules);
            NodeCredentials credentials = obtain(link);
            List<IpAddress> addresses = credentials.identity().addresses();
            AeadChoice aead = aead(tests, credentials);
            TunDevice tun = TunDevice.attach(config.tunDevice(), config.tunName(), config.tunOffload());
            ConductorInbox inbox = new ConductorInbox(driver);
            try (UdpPort port = UdpPort.bind(config.udpPort());
                    DataPlane data = new DataPlane(tun, port, new InboundPolicy(rules, random), inbox, addresses)) {
                board.sealing(aead);
                tests.awaitAll();
                serve(link, credentials, bootEpoch, port, data, inbox, aead.engine());
            }
        }
    }

    private InboundRules inboundRules() throws ConfigException {
        try {
            return InboundRules.parse(config.inbound());
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()));
        }
    }

    /** Who seals packets: what the configuration names must work; found by itself, a slower one is only told. */
    private AeadChoice aead(SelfTests tests, NodeCredentials credentials) throws ConfigException, InterruptedException {
        boolean fips = credentials.keyPair().suite() == SuiteName.FIPS;
        try {
            AeadChoice choice = fips ? AeadChoice.jdk() : tests.cipher();
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=aead engine=" + choice.engine().name() + " version=\""
                            + choice.engine().version() + "\" refused=\"" + String.join("; ", choice.refused()) + "\"");
            return choice;
        } catch (UnusableEngineException e) {
            throw new ConfigException("crypto.aead=" + config.aead() + ": " + e.getMessage()
                    + "; install the library, or set crypto.aead=auto");
        }
    }

    private static NodeCredentials obtain(ControlLink link) throws IOException, InterruptedException {
        try {
            return link.obtain();
        } catch (UnusableCredentialsException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private void serve(
            ControlLink link,
            NodeCredentials credentials,
            long bootEpoch,
            UdpPort port,
            DataPlane data,
            ConductorInbox inbox,
            AeadEngine engine)
            throws InterruptedException {
        try (StatusReporter reporter = new StatusReporter(link, board, data, bootEpoch);
                Conductor conductor = conductor(link, data, port, credentials, bootEpoch, reporter, engine)) {
            inbox.open(conductor);
            driver.every(SILENCE_NS, new IdleCollector(() -> framesOf(data))::look);
            driver.start("conductor");
            data.start();
            board.running(data);
            board.askFor(() -> {
                CompletableFuture<NodeView> view = new CompletableFuture<>();
                driver.post(() -> view.complete(conductor.view()));
                return view;
            });
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=started node=" + credentials.identity().node() + " udp=" + port.local() + " addresses="
                            + credentials.identity().addresses() + " tun="
                            + data.fastPath().tun().text() + " trainsIn="
                            + data.fastPath().receivesTrains() + " trainsOut="
                            + data.fastPath().sendsTrains());
            link.follow(new Listener(conductor));
            awaitEnd(() -> {
                driver.post(conductor::leavePeers);
                driver.post(conductor::leaveRelays);
                reporter.sayGoodbye();
                driver.close();
                data.close();
            });
        }
    }

    private static long framesOf(DataPlane data) {
        return data.trains().trains(TrainStage.TUN_READ) + data.trains().trains(TrainStage.TUN_WRITE);
    }

    private Conductor conductor(
            ControlLink link,
            DataPlane data,
            UdpPort port,
            NodeCredentials credentials,
            long bootEpoch,
            StatusReporter reporter,
            AeadEngine engine) {
        return new Conductor(driver, data, port, credentials, bootEpoch, clock, engine, new Conductor.Shell() {
            @Override
            public void statusChanged() {
                reporter.changed();
            }

            @Override
            public void directoryBehind() {
                link.lookNow();
            }
        });
    }

    /** Blocks for ever; the hook does the rest, because SIGTERM starts it and the JVM ends after it. */
    private static void awaitEnd(Runnable atEnd) throws InterruptedException {
        Runtime.getRuntime()
                .addShutdownHook(Thread.ofPlatform().name("shutdown").unstarted(() -> {
                    LOG.log(System.Logger.Level.INFO, "event=stopping");
                    atEnd.run();
                    LOG.log(System.Logger.Level.INFO, "event=stopped");
                }));
        new CountDownLatch(1).await();
    }

    private record Listener(Conductor conductor) implements ControlListener {

        @Override
        public void onFeed(FeedEvent event) {
            conductor.onFeed(event);
        }

        @Override
        public void onConnected(boolean connected) {
            LOG.log(System.Logger.Level.INFO, "event=feed connected=" + connected);
        }

        @Override
        public void onCredentials(NodeCredentials credentials) {
            conductor.onCredentials(credentials);
        }
    }
}
