// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.directory;

import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RevocationList;
import java.util.List;

/** Hears what verified frames and lists change, on the conductor. */
public interface RecordListener {

    /** Somebody was verified by this chain, leaf first: an operator or relay at the door, or who signed a frame. */
    void onChain(List<byte[]> chainDer);

    void onPresent(PeerRecord peer);

    void onGone(PeerRecord peer);

    void onRevoked(RevocationList list);
}
