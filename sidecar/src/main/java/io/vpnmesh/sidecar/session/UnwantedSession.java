// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.PathCheckKeys;
import io.vpnmesh.ipsec.sa.ChildSa;

/** A session that came up after its node had been given up: it is closed at once. */
record UnwantedSession(IkeDesk desk) implements IkeSession {

    @Override
    public void established(IkeEvent.Established event) {
        desk.closeSession(event.session(), "no longer wanted");
    }

    @Override
    public void childInstalled(long session, ChildSa child) {}

    @Override
    public void sendOn(long session, ChildSa child) {}

    @Override
    public void childRemoved(long session, int inboundSpi) {}

    @Override
    public void keysChanged(long session, PathCheckKeys keys, boolean initiator) {}

    @Override
    public void notified(long session, int type, byte[] data) {}

    @Override
    public void closed(long session, String reason) {}

    @Override
    public void failed(String reason) {}
}
