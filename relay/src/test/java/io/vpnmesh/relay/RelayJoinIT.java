// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.ctl.LengthFraming;
import io.vpnmesh.directory.join.JoinAnswer;
import io.vpnmesh.directory.join.JoinCheck;
import io.vpnmesh.directory.join.JoinRequest;
import io.vpnmesh.directory.join.JoinSecret;
import io.vpnmesh.directory.join.JoinToken;
import io.vpnmesh.directory.join.MeshParameters;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.transport.tls.TlsConnection;
import io.vpnmesh.transport.tls.TlsProtocol;
import io.vpnmesh.transport.tls.TlsServer;
import java.io.IOException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A cluster joins through a relay: an honest one, and ones that lie. */
@Timeout(60)
class RelayJoinIT {

    private static final Cidr SHARE = Cidr.parse("198.18.16.0/20");

    private final TestMesh mesh = new TestMesh();
    private final List<AutoCloseable> open = new ArrayList<>();
    private final JoinSecret secret = JoinSecret.generate(mesh.random);
    private final JoinToken token = new JoinToken(
            mesh.mesh,
            Pem.fingerprint(mesh.root),
            List.of("127.0.0.1:443"),
            secret,
            Instant.now().plusSeconds(600));
    private final MeshKeyPair joinerKey = MeshKeyPair.generate(SuiteName.DEFAULT, mesh.random);
    private final JoinRequest request = JoinRequest.create(
            secret, mesh.mesh, ClusterId.of(TestMesh.id(60)), "second", Csr.build(joinerKey, mesh.random), mesh.random);

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open.reversed()) {
            one.close();
        }
    }

    private Relay startRelay() throws IOException {
        Relay relay = mesh.startRelay(mesh.relayCredentials());
        open.add(relay);
        return relay;
    }

    private TlsPeer joiner(int port) throws IOException {
        TlsPeer peer = new TlsPeer(MeshTls.joining(token.rootSha256(), Clock.systemUTC()), port, JoinRequest.ALPN);
        open.add(peer);
        return peer;
    }

    private TlsPeer founder(Relay relay) throws Exception {
        NodeCredentials credentials = mesh.operator(40);
        TlsPeer peer = new TlsPeer(
                MeshTls.context(
                        credentials.keyPair().privateKey(),
                        credentials.tlsChain(),
                        () -> new CertificateVerifier(List.of(mesh.root), List.of()),
                        _ -> true,
                        Clock.systemUTC()),
                relay.tlsPort(),
                CtlCodec.ALPN);
        open.add(peer);
        peer.send(new CtlMessage.Hello(CtlMessage.Hello.VERSION, "founder", true));
        peer.await(CtlMessage.Hello.class);
        // An answered message after the hello: the relay has seen it.
        peer.send(new CtlMessage.Digest(mesh.cluster, 1, new byte[2048]));
        peer.await(CtlMessage.Subscribe.class);
        return peer;
    }

    /** What an honest founder answers. */
    private JoinAnswer.Accepted accept(byte[] received) throws MalformedException {
        JoinRequest heard = JoinRequest.decode(received);
        assertThat(heard.isFrom(secret)).isTrue();
        return accepted(heard, Csr.parse(heard.csrPem()).publicKey());
    }

    private JoinAnswer.Accepted accepted(JoinRequest heard, PublicKey key) {
        ClusterDomain domain = new ClusterDomain(mesh.mesh, heard.cluster());
        return JoinAnswer.Accepted.create(
                secret,
                heard,
                intermediate(IntermediateKind.FULL, domain, key),
                intermediate(IntermediateKind.FOREIGN, domain, key),
                List.of(mesh.root),
                new MeshParameters(
                        "default/mesh",
                        mesh.cluster,
                        "first",
                        List.of(Cidr.parse("198.18.0.0/16")),
                        List.of(SHARE),
                        SuiteName.DEFAULT,
                        Duration.ofHours(72),
                        List.of()));
    }

    private X509Certificate intermediate(IntermediateKind kind, ClusterDomain domain, PublicKey key) {
        return mesh.rootIssuer().newIntermediate(kind, domain, key, List.of(SHARE), Instant.now(), Duration.ofDays(1));
    }

    private boolean believes(byte[] answer) throws MalformedException {
        return JoinAnswer.decode(answer) instanceof JoinAnswer.Accepted accepted
                && JoinCheck.problem(accepted, request, token, joinerKey.publicKey(), Instant.now())
                        .isEmpty();
    }

    @Test
    void honestRelayCarriesTheJoin() throws Exception {
        Relay relay = startRelay();
        TlsPeer founder = founder(relay);
        TlsPeer joiner = joiner(relay.tlsPort());

        joiner.send(request.encode());
        CtlMessage.JoinForward forwarded = founder.await(CtlMessage.JoinForward.class);
        assertThat(forwarded.request()).isEqualTo(request.encode());
        founder.send(new CtlMessage.JoinAnswered(
                forwarded.connection(), accept(forwarded.request()).encode()));

        assertThat(believes(joiner.read())).isTrue();
        assertThat(joiner.isClosed()).isTrue();
    }

    @Test
    void withoutAFounderTheJoinerIsToldSo() throws Exception {
        TlsPeer joiner = joiner(startRelay().tlsPort());

        joiner.send(request.encode());

        JoinAnswer.Refused refused = (JoinAnswer.Refused) JoinAnswer.decode(joiner.read());
        assertThat(refused.reason()).isEqualTo("FounderNotConnected");
    }

    @Test
    void requestForAnotherMeshIsNotForwarded() throws Exception {
        TestMesh other = new TestMesh();
        JoinRequest stray = JoinRequest.create(
                secret,
                io.vpnmesh.core.id.MeshId.of(TestMesh.id(5)),
                other.cluster,
                "stray",
                Csr.build(joinerKey, mesh.random),
                mesh.random);
        Relay relay = startRelay();
        founder(relay);
        TlsPeer joiner = joiner(relay.tlsPort());

        joiner.send(stray.encode());

        JoinAnswer.Refused refused = (JoinAnswer.Refused) JoinAnswer.decode(joiner.read());
        assertThat(refused.reason()).isEqualTo("UnknownMesh");
    }

    @Test
    void secondRequestOnOneConnectionEndsIt() throws Exception {
        Relay relay = startRelay();
        TlsPeer founder = founder(relay);
        TlsPeer joiner = joiner(relay.tlsPort());
        joiner.send(request.encode());
        founder.await(CtlMessage.JoinForward.class);

        joiner.send(request.encode());

        assertThat(joiner.isClosed()).isTrue();
    }

    @Test
    void answerToSomebodyElsesConnectionGoesNowhere() throws Exception {
        Relay relay = startRelay();
        TlsPeer founder = founder(relay);
        TlsPeer joiner = joiner(relay.tlsPort());
        joiner.send(request.encode());
        CtlMessage.JoinForward forwarded = founder.await(CtlMessage.JoinForward.class);

        founder.send(new CtlMessage.JoinAnswered(forwarded.connection() + 1, new byte[] {1}));
        byte[] right = accept(forwarded.request()).encode();
        founder.send(new CtlMessage.JoinAnswered(forwarded.connection(), right));

        assertThat(joiner.read()).isEqualTo(right);
    }

    @Test
    void relayThatForgesTheAnswerFailsAtTheJoiner() throws Exception {
        MeshKeyPair relaysKey = MeshKeyPair.generate(SuiteName.DEFAULT, mesh.random);
        JoinSecret guessed = JoinSecret.generate(mesh.random);

        byte[] answer = throughLiar(received -> {
            JoinAnswer.Accepted honest = accepted(request, relaysKey.publicKey());
            return JoinAnswer.Accepted.create(
                            guessed,
                            request,
                            honest.intermediate(),
                            honest.foreignIntermediate(),
                            honest.roots(),
                            honest.mesh())
                    .encode();
        });

        assertThat(believes(answer)).isFalse();
    }

    @Test
    void relayThatReplaysAnOlderAnswerFailsAtTheJoiner() throws Exception {
        JoinRequest earlier = JoinRequest.create(
                secret, mesh.mesh, request.cluster(), "second", Csr.build(joinerKey, mesh.random), mesh.random);
        byte[] recorded = accepted(earlier, joinerKey.publicKey()).encode();

        assertThat(believes(throughLiar(_ -> recorded))).isFalse();
    }

    @Test
    void relayThatChangesOneByteOfTheAnswerFailsAtTheJoiner() throws Exception {
        byte[] answer = throughLiar(received -> {
            byte[] honest = accepted(request, joinerKey.publicKey()).encode();
            honest[honest.length / 2] ^= 1;
            return honest;
        });

        boolean believed;
        try {
            believed = believes(answer);
        } catch (MalformedException _) {
            believed = false;
        }
        assertThat(believed).isFalse();
    }

    @Test
    void sameRelayWithoutALieIsBelieved() throws Exception {
        assertThat(believes(throughLiar(
                        _ -> accepted(request, joinerKey.publicKey()).encode())))
                .isTrue();
    }

    /** A relay with a genuine certificate that answers what it likes. */
    private byte[] throughLiar(UnaryOperator<byte[]> lie) throws IOException {
        NodeCredentials credentials = mesh.relayCredentials();
        TlsServer liar = new TlsServer(
                Endpoint.parse("127.0.0.1:0"),
                () -> MeshTls.context(
                        credentials.keyPair().privateKey(),
                        credentials.tlsChain(),
                        () -> new CertificateVerifier(List.of(mesh.root), List.of()),
                        _ -> true,
                        Clock.systemUTC()),
                List.of(new TlsProtocol(
                        JoinRequest.ALPN, LengthFraming.MAX_JOIN_BYTES, 4, 0, new TlsProtocol.Listener() {
                            @Override
                            public void onOpened(TlsConnection connection) {}

                            @Override
                            public void onMessage(TlsConnection connection, byte[] body) {
                                connection.sendAndClose(lie.apply(body));
                            }

                            @Override
                            public void onClosed(TlsConnection connection) {}
                        })));
        open.add(liar);
        TlsPeer joiner = joiner(liar.port());
        joiner.send(request.encode());
        return joiner.read();
    }
}
