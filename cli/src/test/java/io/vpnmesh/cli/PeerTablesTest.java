// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerSpec;
import io.vpnmesh.crds.VpnPeerStatus;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeerTablesTest {

    @Test
    void reasonStandsBesideARelayedPath() {
        StringWriter text = new StringWriter();

        PeerTables.peers(List.of(peer(status(0, 1, "SymmetricNat")))).print(new PrintWriter(text));

        assertThat(text.toString()).isEqualTo("""
                NAMESPACE   POD     MESH        ADDRESS      PATH      REASON         NAT                NODE-ID
                shop        web-1   mesh/demo   198.18.0.7   relayed   SymmetricNat   AddressDependent   abc
                """);
    }

    @Test
    void pathCountsWhereItIsSomeOfEach() {
        assertThat(PeerTables.path(status(2, 1, "ChecksFailed"))).isEqualTo("2 direct, 1 relayed");
        assertThat(PeerTables.path(status(3, 0, ""))).isEqualTo("direct");
        assertThat(PeerTables.path(VpnPeerStatus.empty())).isEqualTo("idle");
    }

    private static VpnPeerStatus status(int direct, int relayed, String reason) {
        return new VpnPeerStatus(
                1L,
                "abc",
                List.of("198.18.0.7"),
                null,
                1L,
                null,
                "AddressDependent",
                List.of(),
                direct,
                relayed,
                reason,
                List.of());
    }

    private static VpnPeer peer(VpnPeerStatus status) {
        VpnPeer peer = new VpnPeer();
        peer.getMetadata().setNamespace("shop");
        peer.getMetadata().setName("web-1");
        peer.setSpec(new VpnPeerSpec(new VpnPeerSpec.MeshRef("mesh", "demo"), "web-1", "uid", "node"));
        peer.setStatus(status);
        return peer;
    }
}
