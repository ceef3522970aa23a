// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.join;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.IntermediateKind;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.Vectors;
import java.security.PublicKey;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A joiner, a founder, and a relay between them that does what it likes. */
class JoinTest {

    private final ExampleMesh example = new ExampleMesh();
    private final JoinSecret secret = JoinSecret.generate(example.random);
    private final JoinToken token = new JoinToken(
            example.mesh,
            Pem.fingerprint(example.root),
            List.of("192.0.2.1:443", "relay.example.com:443"),
            secret,
            ExampleMesh.NOW.plusSeconds(3600));
    private final MeshKeyPair joinerKey = MeshKeyPair.generate(SuiteName.DEFAULT, example.random);
    private final ClusterId joiner = ClusterId.of(ExampleMesh.id(20));
    private final JoinRequest request = request(secret);

    @Test
    void honestRelayLetsAClusterJoin() throws MalformedException {
        JoinRequest received = JoinRequest.decode(request.encode());
        assertThat(received.isFrom(secret)).isTrue();
        assertThat(received.inviteId()).isEqualTo(secret.inviteId());

        JoinAnswer.Accepted answer = (JoinAnswer.Accepted) JoinAnswer.decode(
                found(received, Csr.parse(received.csrPem()).publicKey()).encode());

        assertThat(problem(answer, request)).isEmpty();
        assertThat(answer.mesh().clusterPrefixes()).containsExactly(Cidr.parse("198.18.32.0/20"));
    }

    @Test
    void examplesAreCommitted() throws MalformedException {
        Vectors.same("join-request", request.encode());
        Vectors.same("join-answer", found(request, joinerKey.publicKey()).encode());
        Vectors.same("join-refused", new JoinAnswer.Refused("InviteUsedUp", "make a new invite").encode());
        Vectors.same("join-token.txt", token.text() + "\n");

        assertThat(JoinRequest.decode(Vectors.bytes("join-request")).isFrom(secret))
                .isTrue();
        assertThat(JoinAnswer.decode(Vectors.bytes("join-refused")))
                .isEqualTo(new JoinAnswer.Refused("InviteUsedUp", "make a new invite"));
        assertThat(JoinToken.parse(Vectors.read("join-token.txt"))).isEqualTo(token);
    }

    @Test
    void secretNeverTravels() {
        String wire = HexFormat.of().formatHex(request.encode())
                + HexFormat.of().formatHex(found(request, joinerKey.publicKey()).encode());

        assertThat(wire).doesNotContain(HexFormat.of().formatHex(secret.bytes().expose()));
        assertThat(token.toString() + secret).doesNotContain(token.text());
    }

    @Test
    void relayThatChangesAnyByteOfTheRequestIsFoundOut() {
        byte[] bytes = request.encode();
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x01;
            boolean believed;
            try {
                believed = JoinRequest.decode(changed).isFrom(secret);
            } catch (MalformedException _) {
                believed = false;
            }
            assertThat(believed).as("byte %d", i).isFalse();
        }
    }

    @Test
    void relayThatChangesAnyByteOfTheAnswerIsFoundOut() {
        byte[] bytes = found(request, joinerKey.publicKey()).encode();
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x01;
            boolean believed;
            try {
                believed = JoinAnswer.decode(changed) instanceof JoinAnswer.Accepted accepted
                        && problem(accepted, request).isEmpty();
            } catch (MalformedException _) {
                believed = false;
            }
            assertThat(believed).as("byte %d", i).isFalse();
        }
    }

    @Test
    void relayCannotPutItsOwnKeyIntoTheRequest() {
        MeshKeyPair relayKey = MeshKeyPair.generate(SuiteName.DEFAULT, example.random);
        JoinRequest swapped = new JoinRequest(
                request.mesh(),
                request.cluster(),
                request.clusterName(),
                Csr.build(relayKey, example.random),
                request.nonce(),
                request.inviteId(),
                new byte[] {1},
                request.mac());

        assertThat(swapped.isFrom(secret)).isFalse();
    }

    @Test
    void replayedAnswerOfAnEarlierRequestIsRefused() {
        JoinAnswer.Accepted earlier = found(request, joinerKey.publicKey());

        assertThat(problem(earlier, request(secret)))
                .hasValueSatisfying(text -> assertThat(text).contains("replayed"));
    }

    @Test
    void founderOfAnotherMeshIsRefused() {
        JoinAnswer.Accepted answer =
                answer(secret, request, new ExampleMesh(SuiteName.FIPS), joiner, joinerKey.publicKey());

        assertThat(problem(answer, request))
                .hasValueSatisfying(text -> assertThat(text).contains("fingerprint"));
    }

    @Test
    void answerWithoutTheSecretIsRefused() {
        JoinSecret guessed = JoinSecret.generate(example.random);

        assertThat(problem(answer(guessed, request, example, joiner, joinerKey.publicKey()), request))
                .isPresent();
    }

    @Test
    void certificateForAnotherClusterOrKeyIsRefused() {
        JoinAnswer.Accepted otherCluster =
                answer(secret, request, example, ClusterId.of(ExampleMesh.id(21)), joinerKey.publicKey());
        JoinAnswer.Accepted otherKey = answer(
                secret,
                request,
                example,
                joiner,
                MeshKeyPair.generate(SuiteName.DEFAULT, example.random).publicKey());

        assertThat(problem(otherCluster, request))
                .hasValueSatisfying(text -> assertThat(text).contains("is for"));
        assertThat(problem(otherKey, request))
                .hasValueSatisfying(text -> assertThat(text).contains("another key"));
    }

    @Test
    void tokenThatWasCutOrChangedSaysSo() {
        String text = token.text();

        assertThatThrownBy(() -> JoinToken.parse(text.substring(0, text.length() - 3)))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("cut off");
        assertThatThrownBy(() -> JoinToken.parse(text.replace("join-1", "join-9")))
                .hasMessageContaining("does not start with vpnmesh-join-1.");
        assertThatThrownBy(() -> JoinToken.parse("vpnmesh-join-1.!!")).hasMessageContaining("cut off");
        assertThatThrownBy(() -> JoinToken.parse("")).hasMessageContaining("kubectl vpnmesh invite");
    }

    @Test
    void tokenKnowsItsExpiry() {
        assertThat(token.isExpired(ExampleMesh.NOW)).isFalse();
        assertThat(token.isExpired(ExampleMesh.NOW.plusSeconds(3600))).isTrue();
    }

    private Optional<String> problem(JoinAnswer.Accepted answer, JoinRequest asked) {
        return JoinCheck.problem(answer, asked, token, joinerKey.publicKey(), ExampleMesh.NOW);
    }

    private JoinRequest request(JoinSecret with) {
        return JoinRequest.create(
                with, example.mesh, joiner, "south", Csr.build(joinerKey, example.random), example.random);
    }

    private JoinAnswer.Accepted found(JoinRequest asked, PublicKey key) {
        return answer(secret, asked, example, joiner, key);
    }

    private static JoinAnswer.Accepted answer(
            JoinSecret secret, JoinRequest asked, ExampleMesh founder, ClusterId cluster, PublicKey key) {
        List<Cidr> prefixes = List.of(Cidr.parse("198.18.32.0/20"));
        ClusterDomain domain = new ClusterDomain(asked.mesh(), cluster);
        Duration year = Duration.ofDays(365);
        return JoinAnswer.Accepted.create(
                secret,
                asked,
                founder.rootIssuer.newIntermediate(IntermediateKind.FULL, domain, key, prefixes, ExampleMesh.NOW, year),
                founder.rootIssuer.newIntermediate(
                        IntermediateKind.FOREIGN, domain, key, prefixes, ExampleMesh.NOW, year),
                List.of(founder.root),
                new MeshParameters(
                        "shop/global",
                        founder.north.id,
                        "north",
                        List.of(Cidr.parse("198.18.0.0/16")),
                        prefixes,
                        founder.suite,
                        Duration.ofHours(72),
                        List.of("stun.example.com:3478")));
    }
}
