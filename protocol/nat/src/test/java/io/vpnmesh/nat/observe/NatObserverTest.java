// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.path.Candidate;
import io.vpnmesh.nat.path.CandidateKind;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.nat.stun.TransactionId;
import io.vpnmesh.nat.stun.TransactionRegistry;
import io.vpnmesh.testkit.NatBehaviour;
import io.vpnmesh.testkit.NatBox;
import io.vpnmesh.testkit.SimHost;
import io.vpnmesh.testkit.SimWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NatObserverTest {

    private static final long SECOND_NS = 1_000_000_000L;

    private final SimWorld world = new SimWorld(8);
    private final NatBox nat = new NatBox(world, IpAddress.parse("198.51.100.1"), NatBehaviour.home());
    private final TransactionRegistry<String> registry = new TransactionRegistry<>(world.random());
    private final NatObserver observer = new NatObserver(registry.forOwner("observer"), world.random());
    private final List<ObserverEvent.ReflexiveChanged> told = new ArrayList<>();
    private final List<Endpoint> asked = new ArrayList<>();
    private final SimHost host;
    private final Outbox<ObserverEvent> out = new Outbox<>() {
        @Override
        public void transmit(Datagram datagram) {
            asked.add(datagram.remote());
            host.send(4500, datagram.remote(), datagram.payload());
        }

        @Override
        public void event(ObserverEvent event) {
            if (event instanceof ObserverEvent.ReflexiveChanged changed) {
                told.add(changed);
            }
        }
    };

    NatObserverTest() {
        host = new SimHost(nat, IpAddress.parse("10.0.0.1"));
        host.bind(
                4500,
                (local, remote, payload) ->
                        observer.handle(new ObserverInput.StunReceived(local, remote, payload), world.nowNs(), out));
        world.drive(observer, out);
    }

    private Endpoint server(String address) {
        SimHost server = new SimHost(world, IpAddress.parse(address));
        return server.bind(3478, (_, remote, payload) -> {
            try {
                StunMessage request = StunCodec.decode(payload);
                byte[] answer = StunCodec.encode(StunMessage.success(request.transactionId())
                        .mappedAddress(remote)
                        .build());
                server.send(3478, remote, answer);
            } catch (MalformedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void ask(Endpoint... outside) {
        observer.handle(
                new ObserverInput.Observers(Stream.of(outside)
                        .map(endpoint -> new ObserverInput.Observer(endpoint, true))
                        .toList()),
                world.nowNs(),
                out);
        world.runFor(SECOND_NS);
    }

    private static Candidate candidate(CandidateKind kind, String endpoint) {
        return Candidate.of(kind, Endpoint.parse(endpoint));
    }

    @Test
    void sameMappingAtTwoObserversIsEndpointIndependent() {
        ask(server("192.0.2.1"), server("192.0.2.2"));

        assertThat(told)
                .containsExactly(new ObserverEvent.ReflexiveChanged(
                        List.of(candidate(CandidateKind.SERVER_REFLEXIVE, "198.51.100.1:4500")),
                        NatType.ENDPOINT_INDEPENDENT));
        assertThat(registry.openCount()).isZero();
    }

    @Test
    void differentMappingsAreAddressDependent() {
        nat.restart(NatBehaviour.symmetric());

        ask(server("192.0.2.1"), server("192.0.2.2"));

        assertThat(observer.type()).isEqualTo(NatType.ADDRESS_DEPENDENT);
        assertThat(observer.candidates()).singleElement().satisfies(one -> {
            assertThat(one.kind()).isEqualTo(CandidateKind.DEPENDENT_REFLEXIVE);
            assertThat(one.endpoint().address()).isEqualTo(nat.external());
        });
    }

    @Test
    void oneObserverIsNotEnoughForAType() {
        ask(server("192.0.2.1"));

        assertThat(observer.type()).isEqualTo(NatType.UNKNOWN);
        assertThat(observer.candidates())
                .containsExactly(candidate(CandidateKind.SERVER_REFLEXIVE, "198.51.100.1:4500"));
    }

    @Test
    void observerInsideTheClusterIsNeverAsked() {
        Endpoint inside = server("192.0.2.1");

        observer.handle(
                new ObserverInput.Observers(List.of(new ObserverInput.Observer(inside, false))), world.nowNs(), out);
        world.runFor(60 * SECOND_NS);

        assertThat(asked).isEmpty();
        assertThat(told).containsExactly(new ObserverEvent.ReflexiveChanged(List.of(), NatType.UNKNOWN));
    }

    @Test
    void ownAddressSeenOutsideIsOpen() {
        observer.handle(new ObserverInput.LocalEndpoint(Endpoint.parse("198.51.100.1:4500")), world.nowNs(), out);

        ask(server("192.0.2.1"), server("192.0.2.2"));

        assertThat(observer.type()).isEqualTo(NatType.OPEN);
    }

    @Test
    void silenceOfAllIsBlockedUdp() {
        nat.restart(NatBehaviour.home().withBlockedUdp());

        ask(server("192.0.2.1"), server("192.0.2.2"));
        world.runFor(SECOND_NS);

        assertThat(observer.type()).isEqualTo(NatType.UDP_BLOCKED);
    }

    @Test
    void changedMappingIsNoticedWithinSecondsWhileBusy() {
        observer.handle(new ObserverInput.Busy(true), world.nowNs(), out);
        ask(server("192.0.2.1"), server("192.0.2.2"));
        told.clear();

        nat.restart(NatBehaviour.symmetric());

        assertThat(world.runUntil(() -> observer.type() == NatType.ADDRESS_DEPENDENT, 5 * SECOND_NS))
                .isTrue();
        assertThat(told).as("no half truths on the way").hasSize(1);
    }

    @Test
    void deadServerDoesNotHoldUpTheOthers() {
        ask(server("192.0.2.1"), Endpoint.parse("192.0.2.77:3478"), server("192.0.2.2"));

        assertThat(observer.type()).isEqualTo(NatType.ENDPOINT_INDEPENDENT);
    }

    @Test
    void answerWithoutOurTransactionIsIgnored() {
        Endpoint liar = new SimHost(world, IpAddress.parse("192.0.2.1")).bind(3478, (_, _, _) -> {});
        ask(liar);
        byte[] lie = StunCodec.encode(StunMessage.success(TransactionId.random(world.random()))
                .mappedAddress(Endpoint.parse("192.0.2.66:666"))
                .build());

        observer.handle(new ObserverInput.StunReceived(Endpoint.UNSPECIFIED, liar, lie), world.nowNs(), out);

        assertThat(observer.candidates()).isEmpty();
    }

    @Test
    void otherGuessesOfASymmetricNatAreNoNews() {
        nat.restart(NatBehaviour.symmetric());
        ask(server("192.0.2.1"), server("192.0.2.2"));
        told.clear();

        nat.restart(NatBehaviour.symmetric());
        world.runFor(60 * SECOND_NS);

        assertThat(told).isEmpty();
    }
}
