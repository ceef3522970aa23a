// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

/** A host, or the outside of a NAT. */
public interface SimNode {

    void arrive(SimPacket packet);

    SimLink link();
}
