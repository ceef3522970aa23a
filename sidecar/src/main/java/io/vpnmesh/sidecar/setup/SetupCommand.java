// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.config.NodeConfig;
import io.vpnmesh.transport.setup.NetworkView;
import io.vpnmesh.transport.setup.SetupException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@code setup}: finds this node's place, checks that it takes nothing away from the pod, and makes the interface. */
public final class SetupCommand {

    /** The user that the sidecar runs as; unusual, so that no app of the pod has it by chance. */
    public static final int SIDECAR_UID = 29173;

    private static final Duration PATIENCE = Duration.ofSeconds(22);
    /** A call may hang that long beyond the patience; then the kubelet starts us again. */
    private static final Duration LIMIT = Duration.ofSeconds(29);

    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

    private record Result(@Nullable String failure) {}

    private SetupCommand() {}

    /** Does it all within 30 seconds. Errors: SetupException whose message a person can act on. */
    public static void run(NodeConfig config, InstantSource clock, Map<String, String> environment)
            throws SetupException, InterruptedException {
        BlockingQueue<Result> done = new ArrayBlockingQueue<>(1);
        Thread.ofPlatform().daemon().name("setup").start(() -> done.add(attempt(config, clock, environment)));
        Result result = done.poll(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        if (result == null) {
            throw new SetupException(
                    config.control() instanceof ControlSource.Operator operator
                            ? PlaceSource.unreachable(operator, LIMIT, "no answer")
                            : "set-up took longer than " + LIMIT.toSeconds() + " s");
        }
        String failure = result.failure();
        if (failure != null) {
            throw new SetupException(failure);
        }
    }

    private static Result attempt(NodeConfig config, InstantSource clock, Map<String, String> environment) {
        try {
            keepNativeCodeWritable(config.tunDevice());
            MeshPlace place = new PlaceSource(clock).find(config.control(), PATIENCE);
            NetworkView view = NetworkView.read();
            refuseCollisions(config, place, view, environment);
            int mtu = config.mtu() != 0 ? config.mtu() : place.mtu();
            new InterfaceMaker(new InterfacePlan(
                            config.tunDevice(), config.tunName(), place.addresses(), place.routes(), mtu, SIDECAR_UID))
                    .make(view);
            return new Result(null);
        } catch (SetupException e) {
            return new Result(e.getMessage());
        } catch (InterruptedException e) {
            return new Result("interrupted");
        } catch (RuntimeException | LinkageError e) {
            return new Result("a fault of this program: " + e);
        }
    }

    private static void refuseCollisions(
            NodeConfig config, MeshPlace place, NetworkView view, Map<String, String> environment)
            throws SetupException {
        Map<String, IpAddress> hosts = new LinkedHashMap<>();
        IpAddress podIp = config.pod().ip();
        if (podIp != null) {
            hosts.put("the pod's own address", podIp);
        }
        IpAddress hostIp = config.pod().hostIp();
        if (hostIp != null) {
            hosts.put("the node's address", hostIp);
        }
        List<String> collisions = PodWorld.read(view, config.tunName(), hosts, RESOLV_CONF, environment)
                .collisions(place.routes());
        if (!collisions.isEmpty()) {
            throw new SetupException(
                    "no route was added, because " + String.join("; ", collisions)
                            + ". Choose another range in spec.addressing of the VpnMesh; 198.18.0.0/16 is free nearly everywhere");
        }
    }

    /** JNA unpacks its library into a temporary folder; with a read-only root the device folder is what can be written. */
    private static void keepNativeCodeWritable(Path deviceNode) {
        Path temporary = Path.of(System.getProperty("java.io.tmpdir", "/tmp"));
        Path folder = deviceNode.toAbsolutePath().getParent();
        if (System.getProperty("jna.tmpdir") == null && !Files.isWritable(temporary) && folder != null) {
            System.setProperty("jna.tmpdir", folder.toString());
        }
    }
}
