// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.TimerTable;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.ipsec.message.IkeHeader;

/** Whoever owns one or more IKE SPIs: an attempt of ours, an attempt of a peer, or a session. */
interface SaOwner {

    /** A message whose SPI is ours; {@code from} is not authenticated. */
    void onMessage(IkeHeader header, byte[] message, PeerRef from, Endpoint local);

    /** Where it is in its life. */
    Enum<?> state();

    /** At or after {@link #nextWakeupNs}. */
    void onTimer();

    long nextWakeupNs();

    /** The certificate that this owner asked about is good. */
    default void onVerified(NodeIdentity identity) {}

    default void onRefused(String reason) {}

    /** Frees everything without a word to the peer. */
    void discard();

    /** Never due. */
    long NEVER = TimerTable.NEVER;
}
