// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.check.CheckSession;
import io.vpnmesh.nat.observe.NatType;
import io.vpnmesh.nat.sim.Recorder;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import io.vpnmesh.nat.stun.TransactionRegistry;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class PathAgentTest {

    private static final long MS = 1_000_000;
    private static final NodeId RELAY = new NodeId(9, 9);
    private static final UUID NETWORK = new UUID(1, 1);
    private static final Endpoint PEER = Endpoint.parse("203.0.113.1:4500");
    private static final Endpoint ELSEWHERE = Endpoint.parse("203.0.113.99:666");

    private final Random random = new Random(1);
    private final TransactionRegistry<String> registry = new TransactionRegistry<>(random);
    private final PathAgent agent = new PathAgent(PathSettings.DEFAULT, registry.forOwner("agent"), random);
    private final CheckSession peer = new CheckSession(credentials(false));
    private final Recorder<PathEvent> out = new Recorder<>();
    private long nowNs;

    private static CheckCredentials credentials(boolean weInitiated) {
        byte[] initiatorKey = new byte[32];
        initiatorKey[0] = 1;
        String ours = weInitiated ? "aaaaaaaaaaaaaaaa" : "bbbbbbbbbbbbbbbb";
        String theirs = weInitiated ? "bbbbbbbbbbbbbbbb" : "aaaaaaaaaaaaaaaa";
        return CheckCredentials.of(
                SecretBytes.owning(initiatorKey), SecretBytes.owning(new byte[32]), weInitiated, ours, theirs);
    }

    private void tell(PathInput input) {
        agent.handle(input, nowNs, out);
    }

    private void start(Candidate... remote) {
        tell(new PathInput.RelayPaths(List.of(RELAY)));
        tell(new PathInput.LocalCandidates(new CandidateList(1, List.of()), NatType.ENDPOINT_INDEPENDENT, NETWORK));
        tell(new PathInput.RemoteCandidates(new CandidateList(1, List.of(remote))));
        tell(new PathInput.Keys(credentials(true)));
    }

    private void run(long durationNs) {
        long endNs = nowNs + durationNs;
        while (agent.nextWakeupNs() <= endNs) {
            nowNs = Math.max(nowNs, agent.nextWakeupNs());
            agent.onTimer(nowNs, out);
        }
        nowNs = endNs;
    }

    /** Answers all checks that went to {@code to}, as if the answers came from {@code from}. */
    private void answerChecks(Endpoint to, Endpoint from) throws MalformedException {
        for (Datagram check : List.copyOf(out.datagrams)) {
            StunMessage request = StunCodec.decode(check.payload());
            if (check.remote().equals(to)
                    && peer.verifyRequest(request, check.payload()).isPresent()) {
                tell(new PathInput.StunReceived(Endpoint.UNSPECIFIED, from, peer.success(request, to)));
            }
        }
    }

    private boolean direct() {
        return agent.status().path().filter(Path.Direct.class::isInstance).isPresent();
    }

    private static Candidate reflexive(Endpoint endpoint) {
        return Candidate.of(CandidateKind.SERVER_REFLEXIVE, endpoint);
    }

    @Test
    void relayIsUsedAtOnceAndPrimingGoesBeforeAnyCheck() {
        start(reflexive(PEER));

        assertThat(out.of(PathEvent.PathSelected.class))
                .containsExactly(new PathEvent.PathSelected(new Path.Relayed(RELAY), Reason.CHECKING, 0));
        assertThat(out.of(PathEvent.Prime.class)).singleElement().satisfies(prime -> {
            assertThat(prime.remote()).isEqualTo(PEER);
            assertThat(prime.ttl()).isEqualTo(3);
        });
        run(299 * MS);
        assertThat(out.datagrams).isEmpty();
        run(MS);
        assertThat(out.datagrams)
                .singleElement()
                .satisfies(check -> assertThat(check.remote()).isEqualTo(PEER));
    }

    @Test
    void pathIsUsedAfterTwoAnswersToOurOwnRequests() throws MalformedException {
        start(reflexive(PEER));
        run(300 * MS);

        answerChecks(PEER, PEER);
        assertThat(direct()).isFalse();
        out.datagrams.clear();
        run(20 * MS);
        answerChecks(PEER, PEER);

        assertThat(agent.status().path()).contains(new Path.Direct(Endpoint.UNSPECIFIED, PEER));
        assertThat(agent.status().reason()).isEqualTo(Reason.PATH_CHECKED);
    }

    @Test
    void requestsOfThePeerAloneNeverMakeAPathUsable() throws MalformedException {
        start();
        run(300 * MS);
        out.clear();

        for (int i = 0; i < 20; i++) {
            byte[] request = peer.request(TransactionId.random(random), new CheckSession.Path(1, true, 0, 0), null, 0);
            tell(new PathInput.StunReceived(Endpoint.UNSPECIFIED, ELSEWHERE, request));
            run(100 * MS);
        }

        assertThat(direct()).isFalse();
        assertThat(out.datagrams).extracting(Datagram::remote).containsOnly(ELSEWHERE);
        Set<Integer> types = new HashSet<>();
        for (Datagram datagram : out.datagrams) {
            types.add(StunCodec.decode(datagram.payload()).type());
        }
        assertThat(types).containsExactlyInAnyOrder(StunMessage.BINDING_SUCCESS, StunMessage.BINDING_REQUEST);
    }

    @Test
    void answerFromAnotherAddressProvesNothing() throws MalformedException {
        start(reflexive(PEER));
        run(300 * MS);
        answerChecks(PEER, ELSEWHERE);
        run(100 * MS);
        answerChecks(PEER, ELSEWHERE);

        assertThat(direct()).isFalse();
    }

    @Test
    void forgedAndReplayedRequestsGetNoAnswer() throws MalformedException {
        start();
        run(300 * MS);
        byte[] request = peer.request(TransactionId.random(random), new CheckSession.Path(1, true, 0, 0), null, 0);
        byte[] forged = StunCodec.encode(StunCodec.decode(request), SecretBytes.owning(new byte[] {7}));
        tell(new PathInput.StunReceived(Endpoint.UNSPECIFIED, PEER, request));
        out.clear();

        tell(new PathInput.StunReceived(Endpoint.UNSPECIFIED, ELSEWHERE, forged));
        tell(new PathInput.StunReceived(Endpoint.UNSPECIFIED, ELSEWHERE, request));
        run(1_000 * MS);

        assertThat(out.datagrams).extracting(Datagram::remote).doesNotContain(ELSEWHERE);
    }

    @Test
    void candidatesThatCannotBeThePeerAreNeverTried() {
        start(
                reflexive(Endpoint.parse("127.0.0.1:4500")),
                reflexive(Endpoint.parse("169.254.169.254:80")),
                reflexive(Endpoint.parse("224.0.0.1:4500")),
                Candidate.host(Endpoint.parse("10.0.0.5:4500"), new UUID(2, 2)));
        run(2_000 * MS);

        assertThat(out.datagrams).isEmpty();
        assertThat(agent.status().reason()).isEqualTo(Reason.PEER_HAS_NO_CANDIDATES);
    }

    @Test
    void hostCandidateOfTheSameNetworkIsTried() {
        Endpoint pod = Endpoint.parse("10.0.0.5:4500");

        start(Candidate.host(pod, NETWORK));
        run(300 * MS);

        assertThat(out.datagrams).extracting(Datagram::remote).containsExactly(pod);
        assertThat(out.of(PathEvent.Prime.class)).isEmpty();
    }

    @Test
    void checksArePaced() {
        start(
                reflexive(Endpoint.parse("203.0.113.1:1")),
                reflexive(Endpoint.parse("203.0.113.2:1")),
                reflexive(Endpoint.parse("203.0.113.3:1")));
        run(300 * MS);
        assertThat(out.datagrams).hasSize(1);

        run(20 * MS);
        assertThat(out.datagrams).hasSize(2);

        run(20 * MS);
        assertThat(out.datagrams).hasSize(3);
    }

    @Test
    void relayThatDoesNotAnswerIsReportedAndComesBack() throws MalformedException {
        start();

        run(3_000 * MS);
        assertThat(out.of(PathEvent.PeerUnreachable.class)).hasSize(1);

        PathEvent.SendInnerProbe probe = out.of(PathEvent.SendInnerProbe.class).getLast();
        byte[] answer = peer.success(StunCodec.decode(probe.message()), null);
        tell(new PathInput.InnerProbeReceived(RELAY, answer));
        assertThat(agent.status().path()).contains(new Path.Relayed(RELAY));
    }

    @Test
    void shutdownLeavesNothingBehind() {
        start(reflexive(PEER));
        run(300 * MS);

        tell(new PathInput.Shutdown());

        assertThat(registry.openCount()).isZero();
        assertThat(agent.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
    }
}
