// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.observe.NatType;
import io.vpnmesh.nat.path.Candidate;
import io.vpnmesh.nat.path.CandidateKind;
import io.vpnmesh.nat.path.CandidateList;
import io.vpnmesh.nat.path.Path;
import io.vpnmesh.nat.path.PathAgent;
import io.vpnmesh.nat.path.PathEvent;
import io.vpnmesh.nat.path.PathInput;
import io.vpnmesh.nat.path.PathSettings;
import io.vpnmesh.nat.stun.TransactionRegistry;
import java.security.SecureRandom;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.UUID;

/** The path agents of both ends of a session, let run until the first has proven a direct path; two relays stand by. */
final class ProvenPath {

    /** One end: where it is, and what its engine said. */
    record End(Endpoint endpoint, IkeEvent.Established session) {}

    private static final UUID NETWORK = new UUID(1, 1);
    private static final List<NodeId> RELAYS = List.of(new NodeId(9, 1), new NodeId(9, 2));
    private static final Endpoint ANOTHER = Endpoint.parse("203.0.113.9:4500");
    private static final Endpoint ANOTHER_V6 = Endpoint.parse("[2001:db8::9]:4500");
    private static final long LONGEST_NS = 20_000_000_000L;

    private final Deque<Runnable> wire = new ArrayDeque<>();
    private final Side ours;
    private long nowNs;

    ProvenPath(End near, End far) {
        ours = new Side(near);
        Side theirs = new Side(far);
        ours.towards = theirs;
        theirs.towards = ours;
        ours.start();
        theirs.start();
        settle();
        while (ours.agent.status().path().filter(Path.Direct.class::isInstance).isEmpty()) {
            nowNs = Math.max(nowNs, Math.min(ours.agent.nextWakeupNs(), theirs.agent.nextWakeupNs()));
            if (nowNs > LONGEST_NS) {
                throw new IllegalStateException("no direct path: " + ours.agent.status());
            }
            ours.agent.onTimer(nowNs, ours);
            theirs.agent.onTimer(nowNs, theirs);
            settle();
        }
    }

    private void settle() {
        for (Runnable next = wire.poll(); next != null; next = wire.poll()) {
            next.run();
        }
    }

    PathAgent agent() {
        return ours.agent;
    }

    Path direct() {
        return ours.agent.status().path().orElseThrow();
    }

    private final class Side implements Outbox<PathEvent> {

        private final End end;
        private final SecureRandom random = new SecureRandom();
        private final PathAgent agent =
                new PathAgent(PathSettings.DEFAULT, new TransactionRegistry<String>(random).forOwner("agent"), random);
        private Side towards = this;

        Side(End end) {
            this.end = end;
        }

        /** What a pod has: its own address, the one that is seen outside, and IPv6. */
        private CandidateList candidates() {
            return new CandidateList(
                    1,
                    List.of(
                            Candidate.host(end.endpoint, NETWORK),
                            Candidate.of(CandidateKind.SERVER_REFLEXIVE, ANOTHER),
                            Candidate.host(ANOTHER_V6, NETWORK)));
        }

        void start() {
            IkeEvent.Established session = end.session;
            tell(new PathInput.RelayPaths(RELAYS));
            tell(new PathInput.LocalCandidates(candidates(), NatType.ENDPOINT_INDEPENDENT, NETWORK));
            tell(new PathInput.Keys(CheckCredentials.of(
                    session.keys().initiator(),
                    session.keys().responder(),
                    session.initiator(),
                    session.ownPathCheckId(),
                    session.peerPathCheckId())));
            tell(new PathInput.RemoteCandidates(towards.candidates()));
        }

        private void tell(PathInput input) {
            agent.handle(input, nowNs, this);
        }

        @Override
        public void transmit(Datagram datagram) {
            if (datagram.remote().equals(towards.end.endpoint)) {
                Side to = towards;
                wire.add(() ->
                        to.tell(new PathInput.StunReceived(Endpoint.UNSPECIFIED, end.endpoint, datagram.payload())));
            }
        }

        @Override
        public void event(PathEvent event) {
            if (event instanceof PathEvent.SendSignal signal) {
                Side to = towards;
                wire.add(() -> to.tell(new PathInput.PeerSignal(signal.kind(), signal.body())));
            }
        }
    }
}
