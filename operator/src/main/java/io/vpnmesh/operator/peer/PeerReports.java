// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.peer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what enrolment and status reports tell about a pod and writes it to the VpnPeer's status and to the pod's
 * condition. Never blocks: facts are merged, and written at most once a minute and pod unless the pod's connection
 * changes. Works on every replica, because a pod talks to any of them.
 */
public interface PeerReports {

    /** After an enrolment or renewal. */
    void enrolled(PodKey pod, Enrolled facts);

    /** After a status report. */
    void reported(PodKey pod, Reported facts);

    /** Names one pod for good. */
    record PodKey(String namespace, String name, String uid) {}

    /**
     * @param notAfter RFC 3339
     */
    record Enrolled(String nodeId, List<String> addresses, String identity, long generation, String notAfter) {}

    /**
     * @param homeRelays node ids; empty means that the pod is not connected
     * @param relayedReason the commonest one, null when nothing is relayed
     */
    record Reported(
            List<String> homeRelays,
            @Nullable String natType,
            int direct,
            int relayed,
            @Nullable String relayedReason) {}
}
