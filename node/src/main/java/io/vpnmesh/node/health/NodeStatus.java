// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.health;

/** What a process tells about itself; called from the health server's thread, so it reads snapshots only. */
public interface NodeStatus {

    /** Whether the start is complete: certificate there, devices attached. */
    boolean started();

    /** Whether the process itself works. Trouble with peers, relays or the operator never shows here. */
    boolean ready();

    /** The status page, a JSON object. */
    String statusJson();

    void writeMetrics(MetricsText metrics);
}
