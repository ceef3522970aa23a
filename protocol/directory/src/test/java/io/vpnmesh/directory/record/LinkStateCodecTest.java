// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.ExampleMesh;
import io.vpnmesh.directory.Vectors;
import io.vpnmesh.directory.record.LinkState.Link;
import java.util.List;
import org.junit.jupiter.api.Test;

class LinkStateCodecTest {

    private final ExampleMesh example = new ExampleMesh();
    private final LinkState state = new LinkState(
            NodeId.of(ExampleMesh.id(9)),
            1_780_000_000_000L,
            12,
            ExampleMesh.NOW,
            List.of(new Link(NodeId.of(ExampleMesh.id(8)), 12_345, 3, 250)));

    @Test
    void exampleIsCommitted() {
        Vectors.same("linkstate", LinkStateCodec.encode(state, relay(9)));

        assertThat(LinkStateCodec.verify(Vectors.bytes("linkstate"), example.verifier(), ExampleMesh.NOW))
                .isEqualTo(new Checked.Valid<>(state));
    }

    @Test
    void relaySpeaksForItselfOnly() {
        byte[] byOther = LinkStateCodec.encode(state, relay(10));
        byte[] bySidecar = LinkStateCodec.encode(
                state, example.north.signer(example.north.identity(NodeRole.SIDECAR, 9, "198.18.0.9")));

        assertThat(verify(byOther, 0).toString()).contains("signed a state of");
        assertThat(verify(bySidecar, 0).toString()).contains("not signed by a relay");
    }

    @Test
    void outdatedStateIsIgnored() {
        byte[] bytes = LinkStateCodec.encode(state, relay(9));

        assertThat(verify(bytes, 180)).isInstanceOf(Checked.Valid.class);
        assertThat(verify(bytes, 181).toString()).contains("older than 180 s");
    }

    @Test
    void restartedRelayIsNewer() {
        LinkState restarted = new LinkState(state.node(), state.bootEpoch() + 1, 1, state.time(), List.of());

        assertThat(restarted.isNewerThan(state)).isTrue();
        assertThat(state.isNewerThan(restarted)).isFalse();
        assertThat(state.isNewerThan(state)).isFalse();
    }

    private Checked<LinkState> verify(byte[] bytes, int ageSeconds) {
        return LinkStateCodec.verify(bytes, example.verifier(), ExampleMesh.NOW.plusSeconds(ageSeconds));
    }

    private Signer relay(int node) {
        return example.north.signer(example.north.identity(NodeRole.RELAY, node, "198.18.0.9"));
    }
}
