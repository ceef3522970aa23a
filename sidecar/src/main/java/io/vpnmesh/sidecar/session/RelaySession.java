// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.PathCheckKeys;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.relay.RelayClientInput;
import io.vpnmesh.sidecar.data.InboundSa;
import io.vpnmesh.sidecar.data.TableHolder;

/** The IKE session with a relay: its keys prove our tuple, its Child SA carries signalling. */
final class RelaySession implements IkeSession {

    private final RelayLink link;
    private final RelayLinks links;
    private final TableHolder tables;

    RelaySession(RelayLink link, RelayLinks links, TableHolder tables) {
        this.link = link;
        this.links = links;
        this.tables = tables;
    }

    @Override
    public void established(IkeEvent.Established event) {
        if (link.session != 0) {
            links.tell(link, new RelayClientInput.Unsecured());
        }
        link.session = event.session();
        links.tell(
                link,
                new RelayClientInput.Secured(CheckCredentials.of(
                        event.keys().initiator(),
                        event.keys().responder(),
                        event.initiator(),
                        event.ownPathCheckId(),
                        event.peerPathCheckId())));
        link.ownId = event.ownPathCheckId();
        link.peerId = event.peerPathCheckId();
    }

    @Override
    public void keysChanged(long session, PathCheckKeys keys, boolean initiator) {
        links.tell(
                link,
                new RelayClientInput.Secured(
                        CheckCredentials.of(keys.initiator(), keys.responder(), initiator, link.ownId, link.peerId)));
    }

    @Override
    public void childInstalled(long session, ChildSa child) {
        link.children.add(child);
        tables.addInbound(new InboundSa.OfRelay(link.relay, child));
    }

    @Override
    public void sendOn(long session, ChildSa child) {
        link.children.sendOn(child);
    }

    @Override
    public void childRemoved(long session, int inboundSpi) {
        tables.removeInbound(inboundSpi);
        ChildSa removed = link.children.remove(inboundSpi);
        if (removed != null) {
            removed.close();
        }
    }

    @Override
    public void notified(long session, int type, byte[] data) {
        // A relay says what it has to say as signalling.
    }

    @Override
    public void closed(long session, String reason) {
        if (link.session != session) {
            return; // an older one, replaced already
        }
        link.session = 0;
        links.tell(link, new RelayClientInput.Unsecured());
        links.setForwards(link, false);
        links.retryAfter(link, link.failed());
    }

    @Override
    public void failed(String reason) {
        if (link.session == 0) {
            links.retryAfter(link, link.failed());
        }
    }
}
