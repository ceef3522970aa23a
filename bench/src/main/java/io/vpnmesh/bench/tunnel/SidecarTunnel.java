// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.List;

/** Two sidecars that stand. */
record SidecarTunnel(Ground ground, String leftAddress, String rightAddress, Container left, Container right)
        implements Tunnel {

    @Override
    public List<Long> processes() {
        return List.of(left.pid(), right.pid());
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
