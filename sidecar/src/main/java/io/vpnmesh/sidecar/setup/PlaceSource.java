// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.enrol.AddressResponse;
import io.vpnmesh.directory.feed.FeedCodec;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.control.EnrolmentClient;
import io.vpnmesh.node.control.OperatorException;
import io.vpnmesh.node.identity.IdentityFolder;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.node.identity.UnusableCredentialsException;
import io.vpnmesh.transport.MonotonicClock;
import io.vpnmesh.transport.setup.SetupException;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;

/** Asks for this node's place: the operator inside Kubernetes, identity and feed file outside. */
final class PlaceSource {

    private static final System.Logger LOG = System.getLogger(PlaceSource.class.getName());

    private static final Duration PAUSE = Duration.ofSeconds(1);
    /** Answers that no waiting changes: a bad request, and a pod that may not join. */
    private static final Set<Integer> FINAL_CODES = Set.of(400, 403, 422);

    private final InstantSource clock;

    PlaceSource(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * Errors: SetupException names what could not be reached and what to allow.
     * Units: {@code patience} is how long an operator that does not answer, or a mesh that is not ready, is asked again.
     */
    MeshPlace find(ControlSource source, Duration patience) throws SetupException, InterruptedException {
        return switch (source) {
            case ControlSource.Operator operator -> ask(operator, patience);
            case ControlSource.Files files -> read(files);
        };
    }

    private MeshPlace ask(ControlSource.Operator operator, Duration patience)
            throws SetupException, InterruptedException {
        EnrolmentClient client = new EnrolmentClient(operator, clock);
        long deadlineNs = MonotonicClock.nowNs() + patience.toNanos();
        while (true) {
            try {
                AddressResponse place = client.address();
                return new MeshPlace(place.addresses(), place.routes(), place.mtu());
            } catch (OperatorException e) {
                if (FINAL_CODES.contains(e.code()) || MonotonicClock.nowNs() > deadlineNs) {
                    throw new SetupException(String.valueOf(e.getMessage()));
                }
                LOG.log(System.Logger.Level.INFO, "event=address-pending reason=\"" + e.getMessage() + "\"");
            } catch (IOException e) {
                if (MonotonicClock.nowNs() > deadlineNs) {
                    throw new SetupException(unreachable(operator, patience, reason(e)));
                }
                LOG.log(System.Logger.Level.INFO, "event=operator-unreachable reason=\"" + reason(e) + "\"");
            } catch (IllegalArgumentException e) {
                throw new SetupException("the operator's answer is not usable: " + e.getMessage());
            }
            Thread.sleep(PAUSE);
        }
    }

    static String unreachable(ControlSource.Operator operator, Duration patience, String reason) {
        int port = operator.url().getPort() < 0 ? 443 : operator.url().getPort();
        return "could not get an address from the operator at " + operator.url() + " within " + patience.toSeconds()
                + " s (" + reason + "). If a NetworkPolicy selects this pod, allow egress to TCP 8443 of the operator's"
                + " pods (" + operator.tlsName() + ", Service port " + port + "); else look whether the operator runs";
    }

    private static String reason(Throwable failure) {
        Throwable innermost = failure;
        while (innermost.getCause() != null) {
            innermost = innermost.getCause();
        }
        String message = innermost.getMessage();
        return message == null || message.isBlank() ? innermost.getClass().getSimpleName() : message;
    }

    private MeshPlace read(ControlSource.Files files) throws SetupException {
        try {
            NodeCredentials credentials = IdentityFolder.read(files.identityDir(), clock.instant());
            for (String line : Files.readAllLines(files.feedFile())) {
                if (!line.isBlank() && FeedCodec.decode(line).object() instanceof FeedObject.MeshObject mesh) {
                    return new MeshPlace(credentials.identity().addresses(), mesh.prefixes(), 0);
                }
            }
            throw new SetupException(files.feedFile() + " has no mesh object; it must name the mesh's prefixes");
        } catch (UnusableCredentialsException e) {
            throw new SetupException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new SetupException("cannot read " + files.feedFile() + "; check feed.file");
        } catch (MalformedException e) {
            throw new SetupException(files.feedFile() + ": " + e.getMessage());
        }
    }
}
