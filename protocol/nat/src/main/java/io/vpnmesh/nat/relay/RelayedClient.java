// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.check.CheckSession;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One client of a relay. Written by the conductor; packet threads read {@link #route()} alone, and the accounts are the
 * {@link FairShare}'s.
 */
public final class RelayedClient {

    final NodeId node;
    /** By the USERNAME that the client sends; one per living IKE SA. */
    final Map<String, CheckSession> sessions = new LinkedHashMap<>();

    final FairShare.Account sending = new FairShare.Account();
    final FairShare.Account receiving = new FairShare.Account();

    volatile Route route = Route.Verdict.STALE_TARGET;

    /** The client's half of its tuple. */
    @Nullable
    Endpoint tuple;

    /** Our half of it; means nothing without the other. */
    Endpoint local = Endpoint.UNSPECIFIED;

    long tupleCheckedNs;
    int leases;

    RelayedClient(NodeId node) {
        this.node = node;
    }

    /** Where packets for it go. */
    public Route route() {
        return route;
    }

    boolean attached() {
        return !sessions.isEmpty();
    }
}
