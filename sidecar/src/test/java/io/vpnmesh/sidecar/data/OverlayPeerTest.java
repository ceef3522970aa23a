// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.id.NodeId;
import org.junit.jupiter.api.Test;

class OverlayPeerTest {

    private final OverlayPeer peer = new OverlayPeer(NodeId.of(new byte[NodeId.LENGTH_BYTES]));

    @Test
    void eachSizeThatIsStillTooLongMakesThePathNarrowerWhateverItsPadding() {
        int[] widths = new int[7];
        for (int i = 0; i < widths.length; i++) {
            int inner = Math.min(1438, peer.maxPacketBytes());
            peer.narrow((inner + 2 + 3) / 4 * 4 - 2);
            widths[i] = peer.maxPacketBytes();
        }

        assertThat(widths).containsExactly(1418, 1386, 1360, 1330, 1300, 1280, 1280);
    }

    @Test
    void theRestOfATrainSaysNothingNew() {
        for (int i = 0; i < 40; i++) {
            peer.narrow(1386);
        }

        assertThat(peer.maxPacketBytes()).isEqualTo(1360);
    }
}
