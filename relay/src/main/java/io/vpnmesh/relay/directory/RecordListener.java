// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.directory;

import io.vpnmesh.directory.record.PeerRecord;
import io.vpnmesh.directory.record.RevocationList;

/** Hears what verified frames and lists change, on the conductor. */
public interface RecordListener {

    void onPresent(PeerRecord peer);

    void onGone(PeerRecord peer);

    void onRevoked(RevocationList list);
}
