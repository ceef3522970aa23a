// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import java.util.List;
import java.util.OptionalDouble;

/** Two sidecars that stand. */
record SidecarTunnel(
        Ground ground, String leftAddress, String rightAddress, Container left, Container right, Container relay)
        implements Tunnel {

    private static final double MIB = 1 << 20;

    @Override
    public List<Long> processes() {
        return List.of(left.pid(), right.pid());
    }

    @Override
    public void haltLeft() {
        left.halt();
    }

    @Override
    public long startLeft() {
        return left.startAgain();
    }

    @Override
    public OptionalDouble workingSetMib() {
        return OptionalDouble.of(Math.max(left.workingSet(), right.workingSet()) / MIB);
    }

    @Override
    public void close() {
        left.close();
        right.close();
    }
}
