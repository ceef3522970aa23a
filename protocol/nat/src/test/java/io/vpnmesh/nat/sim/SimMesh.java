// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.nat.stun.StunCodec;
import io.vpnmesh.nat.stun.StunMessage;
import io.vpnmesh.testkit.NatBehaviour;
import io.vpnmesh.testkit.NatBox;
import io.vpnmesh.testkit.SimHost;
import io.vpnmesh.testkit.SimWorld;
import java.util.ArrayList;
import java.util.List;

/** Two sidecars, each behind its own NAT; two relays and two STUN servers on the internet. */
public final class SimMesh {

    private static final long SECOND_NS = 1_000_000_000L;

    public final SimWorld world;
    public final NatBox natA;
    public final NatBox natB;
    public final SimHost hostA;
    public final SimHost hostB;
    public final SimRelay relay1;
    public final SimRelay relay2;
    public final SimSidecar a;
    public final SimSidecar b;

    /** The world before any keys exist; call {@link #start}. */
    public SimMesh(long seed, NatBehaviour behaviourA, NatBehaviour behaviourB) {
        world = new SimWorld(seed);
        natA = new NatBox(world, IpAddress.parse("198.51.100.1"), behaviourA);
        natB = new NatBox(world, IpAddress.parse("203.0.113.1"), behaviourB);
        hostA = new SimHost(natA, IpAddress.parse("10.1.0.1"));
        hostB = new SimHost(natB, IpAddress.parse("10.2.0.1"));
        natA.link().delayMs(10);
        natB.link().delayMs(10);
        relay1 = new SimRelay(world, "192.0.2.1", 1);
        relay2 = new SimRelay(world, "192.0.2.2", 2);
        a = new SimSidecar(world, hostA, 1);
        b = new SimSidecar(world, hostB, 2);
    }

    /** Runs until both sides have been told of each other: 2 seconds of the world. */
    public SimMesh start() {
        return start(stunServers(2), 0);
    }

    /** As {@link #start}, but B gets its keys that much later. */
    public SimMesh startLate(long laterNs) {
        return start(stunServers(2), laterNs);
    }

    public SimMesh start(List<Endpoint> observers, long laterNs) {
        for (SimSidecar sidecar : List.of(a, b)) {
            sidecar.observers(observers);
            sidecar.attach(relay1, true);
            sidecar.attach(relay2, true);
        }
        world.runFor(2 * SECOND_NS);
        SimSidecar.connect(a, b, List.of(relay1.node, relay2.node), laterNs);
        return this;
    }

    public List<Endpoint> stunServers(int count) {
        List<Endpoint> servers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            SimHost host = new SimHost(world, IpAddress.parse("192.0.2." + (101 + i)));
            servers.add(host.bind(3478, (_, remote, payload) -> {
                try {
                    StunMessage request = StunCodec.decode(payload);
                    host.send(
                            3478,
                            remote,
                            StunCodec.encode(StunMessage.success(request.transactionId())
                                    .mappedAddress(remote)
                                    .build()));
                } catch (MalformedException e) {
                    throw new AssertionError(e);
                }
            }));
        }
        return servers;
    }

    public boolean bothDirect() {
        return a.isDirect() && b.isDirect();
    }

    /** The longest silence between two packets that B received in this time, in milliseconds. */
    public static double longestGapMs(SimSidecar receiver, long fromNs, long toNs) {
        long last = fromNs;
        long gap = 0;
        for (long at : receiver.receivedNs) {
            if (at >= fromNs && at <= toNs) {
                gap = Math.max(gap, at - last);
                last = at;
            }
        }
        return Math.max(gap, toNs - last) / 1e6;
    }
}
