// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.ExchangeType;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class FloodTest {

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();

    private static void connect(TestNode from, TestNode to) {
        from.handle(new IkeInput.Connect(
                new PeerRef.Direct(to.endpoint()),
                TestMesh.nodeId(to.number),
                List.of(Cidr.host(TestMesh.address(from.number))),
                List.of(Cidr.host(TestMesh.address(to.number)))));
    }

    @Test
    void underLoadADirectPeerHasToShowACookie() {
        TestNode a = wire.add(mesh, 1, s -> s);
        IkeLimits strict = new IkeLimits(0, 64, 4, 10_000_000_000L, 16_384, 32);
        TestNode b = wire.add(mesh, 2, s -> s.withLimits(strict));

        connect(a, b);
        wire.settle();

        assertThat(wire.log.stream().filter(m -> m.exchange() == ExchangeType.IKE_SA_INIT))
                .hasSize(4);
        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
    }

    @Test
    void spoofedSourcesGetSmallAnswersAndAnHonestPeerStillGetsIn() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        wire.fate = m -> List.of();
        connect(a, b);
        byte[] init = wire.log.getFirst().bytes();
        wire.log.clear();

        for (int i = 0; i < 10_000; i++) {
            byte[] spoofed = init.clone();
            spoofed[i & 7] ^= (byte) (i >>> 3);
            Endpoint source = new Endpoint(IpAddress.v4(0x0A000000 + i), 4500);
            b.handle(new IkeInput.Received(new PeerRef.Direct(source), b.endpoint(), spoofed));
        }

        assertThat(wire.log.stream().filter(m -> m.bytes().length > 100)).hasSize(32);
        assertThat(wire.log.stream().filter(m -> m.bytes().length <= 100)).hasSize(10_000 - 32);
        wire.fate = List::of;
        wire.run(Duration.ofSeconds(5));
        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
        assertThat(b.all(IkeEvent.Established.class)).hasSize(1);
    }

    @Test
    void oneSignallingNodeHoldsAtMostItsShareOfHalfOpenAttempts() {
        TestNode a = wire.add(mesh, 1, s -> s);
        TestNode b = wire.add(mesh, 2, s -> s);
        wire.fate = m -> List.of();
        a.handle(new IkeInput.Connect(
                new PeerRef.Signalled(TestMesh.nodeId(2)), TestMesh.nodeId(2), List.of(), List.of()));
        byte[] init = wire.log.getFirst().bytes();
        wire.log.clear();

        for (int i = 1; i <= 100; i++) {
            signal(b, init, i);
        }
        byte[] oldest = wire.log.getFirst().bytes();
        byte[] newest = wire.log.getLast().bytes();
        assertThat(wire.log).hasSize(100);

        // An attempt that still exists is answered from its cache, one that gave way gets a fresh answer.
        signal(b, init, 100);
        assertThat(wire.log.getLast().bytes()).isEqualTo(newest);
        signal(b, init, 1);
        assertThat(wire.log.getLast().bytes()).isNotEqualTo(oldest);
        wire.run(Duration.ofSeconds(11));
        assertThat(b.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
    }

    private static void signal(TestNode to, byte[] init, int variant) {
        byte[] another = init.clone();
        another[0] ^= (byte) variant;
        PeerRef from = new PeerRef.Signalled(TestMesh.nodeId(1));
        to.handle(new IkeInput.Received(from, Endpoint.UNSPECIFIED, another));
    }
}
