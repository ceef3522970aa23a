// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.Vectors;
import io.vpnmesh.directory.record.RevocationList.RevokedNode;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;

class RevocationCodecTest {

    private final ExampleMesh example = new ExampleMesh();
    private final NodeId node = NodeId.of(ExampleMesh.id(3));
    private final RevocationList list = new RevocationList(
            example.north.id,
            7,
            ExampleMesh.NOW,
            ExampleMesh.NOW.plusSeconds(86_400),
            List.of(new RevokedNode(node, 2)),
            List.of(new BigInteger("ff00000000000000000000000000000001", 16)));

    @Test
    void exampleIsCommitted() {
        Vectors.same("revocations", RevocationCodec.encode(list, intermediate(example.north)));

        assertThat(verify(Vectors.bytes("revocations"))).isEqualTo(new Checked.Valid<>(list));
    }

    @Test
    void onlyTheClustersOwnIntermediateRevokes() {
        byte[] byOther = RevocationCodec.encode(list, intermediate(example.south));
        byte[] byLeaf =
                RevocationCodec.encode(list, example.north.signer(example.north.identity(NodeRole.DIRECTORY, 50)));

        assertThat(verify(byOther).toString()).contains("signed a list of cluster");
        assertThat(verify(byLeaf).toString()).contains("not signed by an intermediate");
    }

    @Test
    void anyChangedByteIsRefused() {
        byte[] bytes = RevocationCodec.encode(list, intermediate(example.north));

        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 0x04;
            assertThat(verify(changed)).as("byte %d", i).isInstanceOf(Checked.Refused.class);
        }
    }

    @Test
    void generationsUpToTheRevokedOneAreCovered() {
        assertThat(list.covers(node, 2)).isTrue();
        assertThat(list.covers(node, 1)).isTrue();
        assertThat(list.covers(node, 3)).isFalse();
        assertThat(list.covers(NodeId.of(ExampleMesh.id(4)), 1)).isFalse();
    }

    private Checked<RevocationList> verify(byte[] bytes) {
        return RevocationCodec.verify(bytes, example.verifier(), ExampleMesh.NOW);
    }

    private Signer intermediate(ExampleMesh.Cluster cluster) {
        return new Signer(cluster.key.privateKey(), List.of(cluster.full), example.random);
    }
}
