// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import static io.vpnmesh.core.x509.TestPki.NOW;
import static io.vpnmesh.core.x509.TestPki.RANDOM;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two TLS engines joined by buffers: real handshakes without a socket. */
class MeshTlsTest {

    private static final InstantSource CLOCK = InstantSource.fixed(NOW);

    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void membersRecogniseEachOther(SuiteName suite) throws Exception {
        TestPki pki = new TestPki(suite);
        SSLContext relay = member(pki, NodeRole.RELAY, NodeRole.OPERATOR);
        SSLContext operator = member(pki, NodeRole.OPERATOR, NodeRole.RELAY);

        Pair pair = new Pair(relay, operator, MeshTls.parameters(true, "vpnmesh-join/1", "vpnmesh-ctl/1"));
        pair.handshake();

        assertThat(MeshTls.peer(pair.client.getSession()).role()).isEqualTo(NodeRole.RELAY);
        assertThat(MeshTls.peer(pair.server.getSession()).role()).isEqualTo(NodeRole.OPERATOR);
        assertThat(MeshTls.peerChain(pair.server.getSession())).hasSize(3);
        assertThat(pair.server.getApplicationProtocol()).isEqualTo("vpnmesh-ctl/1");
        assertThat(pair.server.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }

    @Test
    void memberOfAnotherRoleIsRefused() throws Exception {
        TestPki pki = new TestPki(SuiteName.DEFAULT);
        SSLContext sidecar = member(pki, NodeRole.SIDECAR, NodeRole.OPERATOR);
        SSLContext operator = member(pki, NodeRole.OPERATOR, NodeRole.RELAY);

        Pair pair = new Pair(sidecar, operator, MeshTls.parameters(true, "vpnmesh-ctl/1"));

        assertThatThrownBy(pair::handshake).isInstanceOf(SSLException.class).hasMessageContaining("WRONG_ROLE");
    }

    @Test
    void strangerIsRefused() throws Exception {
        SSLContext relay = member(new TestPki(SuiteName.DEFAULT), NodeRole.RELAY, NodeRole.OPERATOR);
        SSLContext operator = member(new TestPki(SuiteName.DEFAULT), NodeRole.OPERATOR, NodeRole.RELAY);

        Pair pair = new Pair(relay, operator, MeshTls.parameters(true, "vpnmesh-ctl/1"));

        assertThatThrownBy(pair::handshake).isInstanceOf(SSLException.class).hasMessageContaining("UNKNOWN_ISSUER");
    }

    @Test
    void joinerTrustsOnlyTheRootOfItsToken() throws Exception {
        TestPki pki = new TestPki(SuiteName.DEFAULT);
        SSLContext relay = member(pki, NodeRole.RELAY, NodeRole.OPERATOR);
        SSLParameters noClientCertificate = MeshTls.parameters(false, "vpnmesh-ctl/1");

        Pair right = new Pair(relay, MeshTls.joining(Pem.fingerprint(pki.root), CLOCK), noClientCertificate);
        right.handshake();
        Pair wrong = new Pair(relay, MeshTls.joining(new byte[32], CLOCK), noClientCertificate);

        assertThat(MeshTls.peer(right.client.getSession()).cluster()).isEqualTo(pki.a.id);
        assertThatThrownBy(wrong::handshake).isInstanceOf(SSLException.class).hasMessageContaining("WRONG_ROOT");
    }

    @Test
    void joinerRefusesASidecarThatPlaysRelay() throws Exception {
        TestPki pki = new TestPki(SuiteName.DEFAULT);
        SSLContext sidecar = member(pki, NodeRole.SIDECAR, NodeRole.OPERATOR);

        Pair pair = new Pair(
                sidecar, MeshTls.joining(Pem.fingerprint(pki.root), CLOCK), MeshTls.parameters(false, "vpnmesh-ctl/1"));

        assertThatThrownBy(pair::handshake).hasMessageContaining("WRONG_ROLE");
    }

    @Test
    void operatorsOwnAuthorityIsTrustedByNameAndAnchor() throws Exception {
        ServerAuthority authority = ServerAuthority.create("vpnmesh operator", NOW, TestPki.YEARS, RANDOM);
        MeshKeyPair key = MeshKeyPair.generate(SuiteName.FIPS, RANDOM);
        X509Certificate leaf = authority.newServer(
                key.publicKey(), List.of("vpnmesh-operator.vpnmesh.svc"), NOW, TestPki.DAYS, RANDOM);
        SSLContext server = MeshTls.context(
                MeshTls.keyManager(key.privateKey(), List.of(leaf, authority.certificate())),
                MeshTls.trustManager(() -> new CertificateVerifier(List.of(), List.of()), _ -> true, CLOCK));
        SSLParameters plain = MeshTls.parameters(false);

        new Pair(server, towards(authority, "vpnmesh-operator.vpnmesh.svc"), plain).handshake();
        Pair wrongName = new Pair(server, towards(authority, "vpnmesh-operator.other.svc"), plain);
        ServerAuthority stranger = ServerAuthority.create("vpnmesh operator", NOW, TestPki.YEARS, RANDOM);
        Pair wrongAnchor = new Pair(server, towards(stranger, "vpnmesh-operator.vpnmesh.svc"), plain);

        assertThatThrownBy(wrongName::handshake).hasMessageContaining("not for vpnmesh-operator.other.svc");
        assertThatThrownBy(wrongAnchor::handshake).hasMessageContaining("ca.file");
    }

    private static SSLContext towards(ServerAuthority authority, String name) {
        return MeshTls.towardsOperator(List.of(authority.certificate()), name, CLOCK);
    }

    private static SSLContext member(TestPki pki, NodeRole role, NodeRole expected) {
        MeshKeyPair key = MeshKeyPair.generate(pki.suite, RANDOM);
        NodeIdentity identity = role.hasAddresses() ? pki.a.identity(role, "198.18.0.9") : pki.a.identity(role);
        X509Certificate leaf = pki.a.issuer.newLeaf(key.publicKey(), identity, NOW, TestPki.DAYS);
        CertificateVerifier verifier = new CertificateVerifier(List.of(pki.root), List.of());
        return MeshTls.context(
                key.privateKey(),
                List.of(leaf, pki.a.full, pki.root),
                () -> verifier,
                peer -> peer.role() == expected,
                CLOCK);
    }

    private static final class Pair {
        private final SSLEngine server;
        private final SSLEngine client;
        private final ByteBuffer toServer = ByteBuffer.allocate(64 * 1024);
        private final ByteBuffer toClient = ByteBuffer.allocate(64 * 1024);

        Pair(SSLContext serverContext, SSLContext clientContext, SSLParameters serverParameters) {
            server = serverContext.createSSLEngine();
            server.setUseClientMode(false);
            server.setSSLParameters(serverParameters);
            client = clientContext.createSSLEngine("192.0.2.1", 443);
            client.setUseClientMode(true);
            String[] protocols = serverParameters.getApplicationProtocols();
            client.setSSLParameters(
                    MeshTls.parameters(false, protocols.length == 0 ? protocols : new String[] {"vpnmesh-ctl/1"}));
        }

        void handshake() throws SSLException {
            client.beginHandshake();
            server.beginHandshake();
            for (int round = 0; round < 50; round++) {
                step(client, toServer, toClient);
                step(server, toClient, toServer);
            }
            SSLSession session = server.getSession();
            assertThat(session.isValid()).isTrue();
            assertThat(server.getHandshakeStatus()).isEqualTo(HandshakeStatus.NOT_HANDSHAKING);
            assertThat(client.getHandshakeStatus()).isEqualTo(HandshakeStatus.NOT_HANDSHAKING);
        }

        private static void step(SSLEngine engine, ByteBuffer out, ByteBuffer in) throws SSLException {
            ByteBuffer plain = ByteBuffer.allocate(64 * 1024);
            switch (engine.getHandshakeStatus()) {
                case NEED_TASK -> {
                    for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
                        task.run();
                    }
                }
                case NEED_WRAP -> engine.wrap(ByteBuffer.allocate(0), out);
                default -> {
                    in.flip();
                    if (in.hasRemaining()) {
                        engine.unwrap(in, plain);
                    }
                    in.compact();
                }
            }
        }
    }
}
