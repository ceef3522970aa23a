// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

/** What a node's cable does to its packets, each way. */
public final class SimLink {

    private long delayNs;
    private double loss;
    private boolean cut;

    public SimLink delayMs(double delay) {
        delayNs = (long) (delay * 1e6);
        return this;
    }

    /** @param probability 0 to 1 */
    public SimLink loss(double probability) {
        loss = probability;
        return this;
    }

    public SimLink cut(boolean nothingPasses) {
        cut = nothingPasses;
        return this;
    }

    long delayNs() {
        return delayNs;
    }

    boolean drops(SimWorld world) {
        return cut || loss > 0 && world.random().nextDouble() < loss;
    }
}
