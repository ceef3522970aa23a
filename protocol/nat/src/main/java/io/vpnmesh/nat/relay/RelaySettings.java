// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;

/**
 * What a {@link RelayServer} must be told.
 *
 * @param ticketKey shared by the relays of a mesh, 32 bytes
 * @param nonceKey random, of this process, 32 bytes
 * @param wallSecondsAtZero seconds since 1970 when the machine's clock stood at 0
 * @param restarted whether a relay with this node id ran before: then only tickets count for a while
 */
public record RelaySettings(
        NodeId self,
        SecretBytes ticketKey,
        SecretBytes nonceKey,
        long wallSecondsAtZero,
        boolean restarted,
        Limits limits) {

    /**
     * @param ticketOnlyNs after a restart, only tickets count for so long
     * @param tupleLifetimeNs two keepalive intervals: without a valid check for so long a client gets nothing forwarded
     * @param maxLeasesPerClient more are refused as TOO_MANY
     * @param maxLeaseSeconds longer wishes are cut to this
     * @param signalsPerSecond per pair of clients, with a burst of twice as many
     * @param signalBytesPerSecond per pair of clients, with a burst of as many
     */
    public record Limits(
            long ticketOnlyNs,
            long tupleLifetimeNs,
            int maxLeasesPerClient,
            int maxLeaseSeconds,
            int signalsPerSecond,
            int signalBytesPerSecond) {

        public static final Limits DEFAULT = new Limits(60_000_000_000L, 50_000_000_000L, 8192, 86_400, 20, 65_536);
    }

    public static RelaySettings of(
            NodeId self, SecretBytes ticketKey, SecretBytes nonceKey, long wallSecondsAtZero, boolean restarted) {
        return new RelaySettings(self, ticketKey, nonceKey, wallSecondsAtZero, restarted, Limits.DEFAULT);
    }
}
