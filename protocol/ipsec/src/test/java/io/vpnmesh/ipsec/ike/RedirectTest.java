// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 5685. */
class RedirectTest {

    private static final Gateway OTHER = new Gateway.Name("node.example");

    private final TestMesh mesh = new TestMesh(SuiteName.DEFAULT);
    private final TestWire wire = new TestWire();
    private final TestNode a = wire.add(mesh, 1, s -> s);
    private final TestNode b = wire.add(mesh, 2, s -> s);

    private IkeInput.Connect connect() {
        return new IkeInput.Connect(
                new PeerRef.Direct(b.endpoint()),
                TestMesh.nodeId(2),
                List.of(Cidr.host(TestMesh.address(1))),
                List.of(Cidr.host(TestMesh.address(2))));
    }

    @Test
    void aGatewaySendsItsClientElsewhereAndTheSessionGoesOn() {
        a.handle(connect());
        wire.settle();

        b.handle(new IkeInput.Redirect(b.only(IkeEvent.Established.class).session(), OTHER));
        wire.settle();

        IkeEvent.Redirected redirected = a.only(IkeEvent.Redirected.class);
        assertThat(redirected.from()).isEqualTo(TestMesh.nodeId(2));
        assertThat(redirected.to()).isEqualTo(OTHER);
        assertThat(a.all(IkeEvent.Closed.class)).isEmpty();
        assertThat(a.sendPacketTo(b, a.last(IkeEvent.SendOn.class).child())).isPositive();
    }

    @Test
    void aClientDoesNotSendItsGatewayAnywhere() {
        a.handle(connect());
        wire.settle();

        a.handle(new IkeInput.Redirect(a.only(IkeEvent.Established.class).session(), OTHER));
        wire.settle();

        assertThat(b.all(IkeEvent.Redirected.class)).isEmpty();
    }

    @Test
    void newcomersAreSentElsewhereBeforeTheyCostAnything() {
        b.handle(new IkeInput.RedirectNewcomers(new Gateway.Address(IpAddress.parse("203.0.113.7"))));

        a.handle(connect());
        wire.settle();

        assertThat(a.only(IkeEvent.Redirected.class).to())
                .isEqualTo(new Gateway.Address(IpAddress.parse("203.0.113.7")));
        assertThat(a.ike.nextWakeupNs()).isEqualTo(Long.MAX_VALUE);
        assertThat(b.ike.nextWakeupNs()).as("no half-open SA").isEqualTo(Long.MAX_VALUE);
        assertThat(wire.log).hasSize(2);

        b.handle(new IkeInput.RedirectNewcomers(null));
        a.handle(connect());
        wire.settle();
        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
    }

    @Test
    void aRedirectWithAnotherNonceIsIgnored() throws MalformedException {
        wire.fate = m -> m.isResponse() ? List.of() : List.of(m);
        a.handle(connect());
        wire.settle();
        IkeHeader request = IkeHeader.decode(wire.log.getFirst().bytes());
        byte[] forged = InitResponse.stateless(request, Gateway.redirect(OTHER, new byte[32]));

        a.handle(new IkeInput.Received(new PeerRef.Direct(b.endpoint()), a.endpoint(), forged));

        assertThat(a.all(IkeEvent.Redirected.class)).isEmpty();
        wire.fate = List::of;
        wire.run(java.time.Duration.ofSeconds(1));
        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
    }

    @Test
    void whoWasSentHereSaysFromWhere() throws MalformedException {
        IpAddress first = IpAddress.parse("192.0.2.77");
        a.handle(new IkeInput.Connect(
                new PeerRef.Direct(b.endpoint()),
                TestMesh.nodeId(2),
                List.of(Cidr.host(TestMesh.address(1))),
                List.of(Cidr.host(TestMesh.address(2))),
                first));
        wire.settle();

        byte[] init = wire.log.getFirst().bytes();
        Payloads payloads = IkeMessageCodec.decode(init, IkeHeader.decode(init));
        assertThat(payloads.notify(NotifyType.REDIRECTED_FROM).orElseThrow().data())
                .isEqualTo(HexFormat.of().parseHex("0104c000024d"));
        assertThat(payloads.has(NotifyType.REDIRECT_SUPPORTED)).isFalse();
        assertThat(a.all(IkeEvent.Established.class)).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"0104cb007107aabb, 203.0.113.7", "021020010db8000000000000000000000001aabb, 2001:db8::1"})
    void addressesOnTheWire(String hex, String address) throws MalformedException {
        byte[] nonce = {(byte) 0xaa, (byte) 0xbb};
        Notify notify = Gateway.redirect(new Gateway.Address(IpAddress.parse(address)), nonce);

        assertThat(HexFormat.of().formatHex(notify.data())).isEqualTo(hex);
        Gateway.Redirect decoded = Gateway.Redirect.decode(notify);
        assertThat(decoded.to()).isEqualTo(new Gateway.Address(IpAddress.parse(address)));
        assertThat(decoded.answers(nonce)).isTrue();
    }

    /** The example of docs/wire.md. */
    @Test
    void namesOnTheWire() throws MalformedException {
        Notify notify = Gateway.redirect(OTHER, new byte[0]);

        assertThat(HexFormat.of().formatHex(notify.data())).isEqualTo("030c6e6f64652e6578616d706c65");
        assertThat(Gateway.Redirect.decode(notify).to()).isEqualTo(OTHER);
    }

    @ParameterizedTest
    @CsvSource({"''", "01", "0105cb00710700", "0104cb0071", "0304612f6221", "0300", "0901aa", "02040a000001"})
    void otherShapesAreMalformed(String hex) {
        Notify notify = new Notify(NotifyType.REDIRECT, HexFormat.of().parseHex(hex));

        assertThatThrownBy(() -> Gateway.Redirect.decode(notify)).isInstanceOf(MalformedException.class);
    }
}
