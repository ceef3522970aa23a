// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.sidecar.inbound.InboundPolicy;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.tun.TunDevice;
import java.util.List;

/** Owns the two packet threads and what they share. */
public final class DataPlane implements AutoCloseable {

    private static final long JOIN_MS = 1000;

    private final TunDevice tun;
    private final UdpPort port;
    private final TrainCounters trains = new TrainCounters();
    private final TableHolder tables = new TableHolder();
    private final OutboundLoop outbound;
    private final InboundLoop inbound;
    private final Thread tunRead;
    private final Thread udpReceive;

    /** Takes device and port over; {@link #start} begins. */
    public DataPlane(
            TunDevice tun, UdpPort port, InboundPolicy policy, ControlInbox control, List<IpAddress> addresses) {
        this.tun = tun;
        this.port = port;
        Bulk bulk = new Bulk();
        outbound = new OutboundLoop(tun, port, tables, policy, control, addresses, trains, bulk);
        inbound = new InboundLoop(port, tun, tables, policy, control, trains, bulk);
        tunRead = Thread.ofPlatform().name("tun-read").unstarted(outbound::run);
        udpReceive = Thread.ofPlatform().name("udp-receive").unstarted(inbound::run);
    }

    public void start() {
        tunRead.start();
        udpReceive.start();
    }

    public boolean isAlive() {
        return tunRead.isAlive() && udpReceive.isAlive();
    }

    public TableHolder tables() {
        return tables;
    }

    /** Sends a packet of our own inside a peer's tunnel, over one path. Any thread. */
    public void sendInside(OverlayPeer peer, byte[] packet, PathUse path, ChildSa child) {
        outbound.sendOwn(peer, child, packet, path);
    }

    /** Lets go what waited for this peer. Any thread. */
    public void release(OverlayPeer peer) {
        outbound.release(peer);
    }

    public long drops(DropReason reason) {
        return outbound.drops().of(reason) + inbound.drops().of(reason);
    }

    /** How packets travel together. */
    public TrainCounters trains() {
        return trains;
    }

    /** What the kernel turned out to offer; a driver that refuses trains changes it later. */
    public FastPath fastPath() {
        return new FastPath(tun.offload(), port.joinsTrains(), port.sendsTrains());
    }

    @Override
    public void close() {
        outbound.stop();
        port.stopReceiving();
        boolean ended = true;
        try {
            tunRead.join(JOIN_MS);
            udpReceive.join(JOIN_MS);
            ended = !tunRead.isAlive() && !udpReceive.isAlive();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            ended = false;
        }
        if (ended) { // memory that a thread may still touch stays until the process ends
            tun.close();
        }
    }
}
