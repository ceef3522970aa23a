// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.PathCheckKeys;
import io.vpnmesh.ipsec.sa.ChildSa;

/** Who is told about the IKE sessions with one node; a node may have two for a moment. */
interface IkeSession {

    void established(IkeEvent.Established event);

    void childInstalled(long session, ChildSa child);

    void sendOn(long session, ChildSa child);

    void childRemoved(long session, int inboundSpi);

    void keysChanged(long session, PathCheckKeys keys, boolean initiator);

    void notified(long session, int type, byte[] data);

    void closed(long session, String reason);

    void failed(String reason);
}
