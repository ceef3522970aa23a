// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.ctl.LengthFraming;
import io.vpnmesh.directory.record.Frame;
import io.vpnmesh.directory.record.FrameCodec;
import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.Signer;
import io.vpnmesh.directory.record.Withdrawal;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Signed records through a whole relay, over real TLS. */
@Timeout(60)
class RelayDirectoryIT {

    private final TestMesh mesh = new TestMesh();
    private final NodeCredentials relayCredentials = mesh.relayCredentials();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final Signer directory = mesh.directory();
    private Relay relay;

    @BeforeEach
    void start() throws IOException {
        relay = mesh.startRelay(relayCredentials);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        relay.close();
    }

    private SSLContext context(NodeCredentials credentials) {
        return MeshTls.context(
                credentials.keyPair().privateKey(),
                credentials.tlsChain(),
                () -> new io.vpnmesh.core.x509.CertificateVerifier(List.of(mesh.root), List.of()),
                identity -> identity.role() == NodeRole.RELAY,
                Clock.systemUTC());
    }

    private TlsPeer connect(NodeCredentials credentials, String alpn) throws IOException {
        TlsPeer peer = new TlsPeer(context(credentials), relay.tlsPort(), alpn);
        open.add(peer);
        return peer;
    }

    private TlsPeer operator(int node) throws Exception {
        TlsPeer peer = connect(mesh.operator(node), CtlCodec.ALPN);
        peer.send(new CtlMessage.Hello(CtlMessage.Hello.VERSION, "test", false));
        peer.await(CtlMessage.Hello.class);
        return peer;
    }

    private PeerRecord pod(int node) {
        return PeerRecord.sidecar(
                mesh.identity(NodeRole.SIDECAR, node, 1, "198.18.0." + node), "web-" + node, List.of());
    }

    private byte[] frame(long sequence, long previous, List<PeerRecord> records, Withdrawal... withdrawals) {
        Frame frame = new Frame(mesh.cluster, sequence, previous, Instant.now(), records, List.of(withdrawals));
        return FrameCodec.encode(frame, directory);
    }

    @Test
    void framesReachSubscribersAndThoseWhoSubscribeLater() throws Exception {
        TlsPeer publisher = operator(40);
        TlsPeer early = operator(41);
        early.send(new CtlMessage.Subscribe(List.of()));
        byte[] snapshot = frame(10, Frame.SNAPSHOT, List.of(pod(20)));
        byte[] step = frame(11, 10, List.of(pod(21)));

        publisher.send(new CtlMessage.Publish(snapshot));
        publisher.send(new CtlMessage.Publish(step));

        assertThat(early.await(CtlMessage.Publish.class).frame()).isEqualTo(snapshot);
        assertThat(early.await(CtlMessage.Publish.class).frame()).isEqualTo(step);
        TlsPeer late = operator(42);
        late.send(new CtlMessage.Subscribe(List.of()));
        assertThat(late.await(CtlMessage.Publish.class).frame()).isEqualTo(snapshot);
        assertThat(late.await(CtlMessage.Publish.class).frame()).isEqualTo(step);
        TlsPeer resumed = operator(43);
        resumed.send(new CtlMessage.Subscribe(List.of(new CtlMessage.ClusterSequence(mesh.cluster, 10))));
        assertThat(resumed.await(CtlMessage.Publish.class).frame()).isEqualTo(step);
    }

    @Test
    void missingStepIsAskedFor() throws Exception {
        TlsPeer publisher = operator(40);
        publisher.send(new CtlMessage.Publish(frame(10, Frame.SNAPSHOT, List.of(pod(20)))));

        publisher.send(new CtlMessage.Publish(frame(12, 11, List.of(pod(21)))));

        assertThat(publisher.await(CtlMessage.Subscribe.class).have())
                .containsExactly(new CtlMessage.ClusterSequence(mesh.cluster, 10));
    }

    @Test
    void digestOfSomebodyBehindIsAnsweredWithWhatIsMissing() throws Exception {
        TlsPeer publisher = operator(40);
        byte[] step = frame(11, 10, List.of(pod(21)));
        publisher.send(new CtlMessage.Publish(frame(10, Frame.SNAPSHOT, List.of(pod(20)))));
        publisher.send(new CtlMessage.Publish(step));

        publisher.send(new CtlMessage.Digest(mesh.cluster, 10, new byte[2048]));

        assertThat(publisher.await(CtlMessage.Publish.class).frame()).isEqualTo(step);
    }

    @Test
    void digestOfSomebodyAheadIsAnsweredWithAQuestion() throws Exception {
        TlsPeer publisher = operator(40);

        publisher.send(new CtlMessage.Digest(mesh.cluster, 7, new byte[2048]));

        assertThat(publisher.await(CtlMessage.Subscribe.class).have())
                .containsExactly(new CtlMessage.ClusterSequence(mesh.cluster, 0));
    }

    @Test
    void frameOfAStrangerIsRefusedWithTheReason() throws Exception {
        TlsPeer publisher = operator(40);
        Frame frame = new Frame(mesh.cluster, 10, Frame.SNAPSHOT, Instant.now(), List.of(pod(20)), List.of());

        publisher.send(new CtlMessage.Publish(FrameCodec.encode(frame, new TestMesh().directory())));

        CtlMessage.Problem problem = publisher.await(CtlMessage.Problem.class);
        assertThat(problem.reason()).isEqualTo("FrameRefused");
        assertThat(problem.message()).contains("UNKNOWN_ISSUER");
        assertThat(publisher.isClosed()).isTrue();
    }

    @Test
    void operatorsOwnCertificateSignsNoFrame() throws Exception {
        NodeCredentials credentials = mesh.operator(40);
        Signer signer = new Signer(
                credentials.keyPair().privateKey(),
                List.of(credentials.leaf(), credentials.intermediate()),
                mesh.random);
        TlsPeer publisher = operator(40);
        Frame frame = new Frame(mesh.cluster, 10, Frame.SNAPSHOT, Instant.now(), List.of(pod(20)), List.of());

        publisher.send(new CtlMessage.Publish(FrameCodec.encode(frame, signer)));

        assertThat(publisher.await(CtlMessage.Problem.class).message()).contains("not by a directory");
    }

    @Test
    void withdrawalInAFrameCutsTheNodeOff() throws Exception {
        NodeCredentials sidecar = mesh.sidecar(20, 1, "198.18.0.20");
        TestClient client = client(sidecar);
        client.attach();
        TlsPeer publisher = operator(40);
        publisher.send(new CtlMessage.Publish(frame(10, Frame.SNAPSHOT, List.of(pod(20)))));

        publisher.send(new CtlMessage.Publish(
                frame(11, 10, List.of(), new Withdrawal(sidecar.identity().node(), 1))));

        client.await(IkeEvent.Closed.class);
    }

    @Test
    void sidecarOfANewClusterIsAdmittedOnceItsOperatorHasCome() throws Exception {
        TestMesh joined = new TestMesh(mesh);
        NodeCredentials sidecar = joined.sidecar(60, 1, "198.18.16.60");
        TestClient early = client(sidecar);
        early.connect();
        early.await(IkeEvent.Failed.class);

        TlsPeer operator = connect(joined.operator(61), CtlCodec.ALPN);
        operator.await(CtlMessage.Hello.class);

        assertThat(client(sidecar).attach()).isNotNull();
    }

    @Test
    void sidecarOfANewClusterIsAdmittedOnceItsRecordsHaveCome() throws Exception {
        TestMesh joined = new TestMesh(mesh);
        TlsPeer publisher = operator(40);
        TlsPeer subscriber = operator(41);
        subscriber.send(new CtlMessage.Subscribe(List.of()));
        subscriber.send(new CtlMessage.Digest(mesh.cluster, 7, new byte[2048]));
        subscriber.await(CtlMessage.Subscribe.class);
        Frame frame = new Frame(joined.cluster, 10, Frame.SNAPSHOT, Instant.now(), List.of(), List.of());

        publisher.send(new CtlMessage.Publish(FrameCodec.encode(frame, joined.directory())));
        subscriber.await(CtlMessage.Publish.class);

        assertThat(client(joined.sidecar(60, 1, "198.18.16.60")).attach()).isNotNull();
    }

    private TestClient client(NodeCredentials credentials) throws IOException {
        TestClient client = new TestClient(mesh, credentials, relayCredentials, relay.udpPort());
        open.add(client);
        return client;
    }

    @Test
    void sidecarsMayNotUseTheControlDoor() {
        assertThat(refuses(mesh.sidecar(20, 1, "198.18.0.20"))).isTrue();
    }

    @Test
    void strangersMayNotUseTheControlDoor() {
        assertThat(refuses(new TestMesh().operator(40))).isTrue();
    }

    /** In TLS 1.3 a client learns after its handshake that its certificate was refused. */
    private boolean refuses(NodeCredentials credentials) {
        try {
            TlsPeer peer = connect(credentials, CtlCodec.ALPN);
            peer.send(new CtlMessage.Hello(CtlMessage.Hello.VERSION, "test", false));
            return peer.isClosed();
        } catch (IOException _) {
            return true;
        }
    }

    @Test
    void controlDoorNeedsACertificate() throws Exception {
        SSLContext joiner = MeshTls.joining(io.vpnmesh.core.x509.Pem.fingerprint(mesh.root), Clock.systemUTC());
        TlsPeer peer = new TlsPeer(joiner, relay.tlsPort(), CtlCodec.ALPN);
        open.add(peer);

        assertThat(peer.isClosed()).isTrue();
    }

    @Test
    void withoutAKnownProtocolTheDoorCloses() throws Exception {
        TlsPeer none = new TlsPeer(context(mesh.operator(40)), relay.tlsPort());
        open.add(none);

        assertThat(none.isClosed()).isTrue();
    }

    @Test
    void oversizedMessageEndsTheConnectionBeforeItIsRead() throws Exception {
        TlsPeer peer = operator(40);

        peer.sendRaw(
                ByteBuffer.allocate(4).putInt(LengthFraming.MAX_CTL_BYTES + 1).array());

        assertThat(peer.isClosed()).isTrue();
    }

    @Test
    void garbageIsAnsweredWithAProblem() throws Exception {
        TlsPeer peer = operator(40);

        peer.send(new byte[] {(byte) 0xFF, 1, 2});

        assertThat(peer.await(CtlMessage.Problem.class).reason()).isEqualTo("Malformed");
    }

    @Test
    void helloComesFirst() throws Exception {
        TlsPeer peer = connect(mesh.operator(40), CtlCodec.ALPN);

        peer.send(new CtlMessage.Subscribe(List.of(new CtlMessage.ClusterSequence(ClusterId.of(TestMesh.id(3)), 1))));

        assertThat(peer.await(CtlMessage.Problem.class).reason()).isEqualTo("HelloExpected");
    }
}
