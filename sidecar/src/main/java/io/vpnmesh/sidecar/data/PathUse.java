// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.path.Path;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One path to one peer as the packet threads see it: where its datagrams go, and what went and came. The outbound
 * thread counts out, the inbound thread counts in, the conductor reads.
 */
public final class PathUse {

    private static final VarHandle OUT;
    private static final VarHandle IN;

    static {
        try {
            OUT = MethodHandles.lookup().findVarHandle(PathUse.class, "out", long.class);
            IN = MethodHandles.lookup().findVarHandle(PathUse.class, "in", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Path path;
    private final Endpoint target;
    private long out;
    private long in;

    /** @param target the peer's address, or the relay's */
    public PathUse(Path path, Endpoint target) {
        this.path = path;
        this.target = target;
    }

    public Path path() {
        return path;
    }

    public Endpoint target() {
        return target;
    }

    void countOut() {
        OUT.setOpaque(this, out + 1);
    }

    void countIn() {
        IN.setOpaque(this, in + 1);
    }

    /** Packets sent on it. */
    public long outbound() {
        return (long) OUT.getOpaque(this);
    }

    /** Packets that came in on it and passed their ICV. */
    public long inbound() {
        return (long) IN.getOpaque(this);
    }
}
