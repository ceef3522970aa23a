// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.Vectors;
import io.vpnmesh.directory.cbor.CborMap;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FrameCodecTest {

    private final ExampleMesh example = new ExampleMesh();

    @Test
    void exampleIsCommitted() {
        Frame frame = frame(example);

        byte[] bytes = FrameCodec.encode(frame, example.north.directory());

        Vectors.same("frame", bytes);
        assertThat(verify(Vectors.bytes("frame"))).isEqualTo(new Checked.Valid<>(frame));
    }

    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void bothSuitesSign(SuiteName suite) {
        ExampleMesh own = new ExampleMesh(suite);
        Frame frame = frame(own);

        byte[] bytes = FrameCodec.encode(frame, own.north.directory());

        assertThat(FrameCodec.verify(bytes, own.verifier(), ExampleMesh.NOW)).isEqualTo(new Checked.Valid<>(frame));
    }

    @Test
    void anyChangedByteIsRefused() {
        byte[] bytes = FrameCodec.encode(frame(example), example.north.directory());

        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x10;
            assertThat(verify(changed)).as("byte %d", i).isInstanceOf(Checked.Refused.class);
        }
    }

    @Test
    void onlyADirectorySigns() {
        Signer relay = example.north.signer(example.north.identity(NodeRole.RELAY, 9, "198.18.0.9"));

        assertThat(refusal(FrameCodec.encode(frame(example), relay))).contains("signed by a RELAY");
    }

    @Test
    void directoryOfAnotherClusterIsRefused() {
        assertThat(refusal(FrameCodec.encode(frame(example), example.south.directory())))
                .contains("signed a frame of cluster " + example.north.id);
    }

    @Test
    void addressOutsideTheClustersPrefixesIsRefused() {
        Frame frame = frameOf(example.north.pod(1, "198.18.16.1"));

        assertThat(refusal(FrameCodec.encode(frame, example.north.directory()))).contains("198.18.16.1 is outside");
    }

    @Test
    void identityOfAnotherClusterIsRefused() {
        PeerRecord own = example.north.pod(1, "198.18.0.1");
        PeerRecord borrowed = new PeerRecord(
                own.node(),
                1,
                NodeRole.SIDECAR,
                own.addresses(),
                example.south.pod(1, "198.18.16.1").identity(),
                List.of(),
                Set.of(),
                false,
                Optional.empty(),
                "",
                CborMap.EMPTY);

        assertThat(refusal(FrameCodec.encode(frameOf(borrowed), example.north.directory())))
                .contains("identity");
    }

    @Test
    void addressTwiceIsRefused() {
        Frame frame = frameOf(example.north.pod(1, "198.18.0.1"), example.north.pod(2, "198.18.0.1"));

        assertThat(refusal(FrameCodec.encode(frame, example.north.directory()))).contains("twice");
    }

    @Test
    void expiredDirectoryIsRefused() {
        byte[] bytes = FrameCodec.encode(frame(example), example.north.directory());

        Checked<Frame> later = FrameCodec.verify(bytes, example.verifier(), ExampleMesh.NOW.plus(Duration.ofDays(4)));

        assertThat(later.toString()).contains("EXPIRED");
    }

    @Test
    void signatureOfAnotherKindIsRefused() {
        RevocationList list = new RevocationList(
                example.north.id, 1, ExampleMesh.NOW, ExampleMesh.NOW.plusSeconds(60), List.of(), List.of());
        Signer intermediate = new Signer(example.north.key.privateKey(), List.of(example.north.full), example.random);

        assertThat(refusal(RevocationCodec.encode(list, intermediate))).contains("content type");
    }

    @Test
    void entriesOfNewerSoftwareAreKept() {
        PeerRecord newer = example.north.pod(1, "198.18.0.1");
        CborMap unknown =
                CborMap.builder().put(11, "198.51.100.0/24").put(99, 7).build();
        PeerRecord withUnknown = new PeerRecord(
                newer.node(),
                newer.generation(),
                newer.role(),
                newer.addresses(),
                newer.identity(),
                newer.homeRelays(),
                Set.of(new Capability(4711)),
                true,
                newer.relay(),
                newer.name(),
                unknown);
        Frame frame = frameOf(withUnknown);

        assertThat(verify(FrameCodec.encode(frame, example.north.directory()))).isEqualTo(new Checked.Valid<>(frame));
    }

    private Checked<Frame> verify(byte[] bytes) {
        return FrameCodec.verify(bytes, example.verifier(), ExampleMesh.NOW);
    }

    private String refusal(byte[] bytes) {
        Checked<Frame> checked = verify(bytes);
        assertThat(checked).isInstanceOf(Checked.Refused.class);
        return ((Checked.Refused<Frame>) checked).message();
    }

    private Frame frameOf(PeerRecord... peers) {
        return new Frame(example.north.id, 5, 4, ExampleMesh.NOW, List.of(peers), List.of());
    }

    private static Frame frame(ExampleMesh mesh) {
        PeerRecord relay = mesh.north.relay(9, "198.18.0.9");
        PeerRecord pod = mesh.north.pod(1, "198.18.0.1").withHomeRelays(List.of(relay.node()));
        return new Frame(
                mesh.north.id,
                5,
                4,
                ExampleMesh.NOW,
                List.of(pod, relay),
                List.of(new Withdrawal(NodeId.of(ExampleMesh.id(3)), 2)));
    }
}
