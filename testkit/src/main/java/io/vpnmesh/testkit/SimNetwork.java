// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

import io.vpnmesh.core.net.IpAddress;

/** Something that nodes are plugged into: the internet, or the inside of a {@link NatBox}. */
public interface SimNetwork {

    /** Whoever has this address gets the packets to it. */
    void plug(IpAddress address, SimNode node);

    void unplug(IpAddress address);

    /** A packet of a plugged node, on its way out. */
    void route(SimPacket packet, SimLink link);

    SimWorld world();
}
