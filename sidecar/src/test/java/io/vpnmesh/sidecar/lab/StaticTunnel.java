// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.AeadEngine;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.ipsec.sa.SaLifetime;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import io.vpnmesh.nat.path.Path;
import io.vpnmesh.sidecar.data.ControlInbox;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.data.DropReason;
import io.vpnmesh.sidecar.data.InboundSa;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.sidecar.data.PathUse;
import io.vpnmesh.sidecar.data.Transmission;
import io.vpnmesh.sidecar.inbound.InboundPolicy;
import io.vpnmesh.sidecar.inbound.InboundRules;
import io.vpnmesh.transport.UdpCounters;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.crypto.AeadChoice;
import io.vpnmesh.transport.crypto.UnusableEngineException;
import io.vpnmesh.transport.tun.TunDevice;
import io.vpnmesh.transport.tun.TunOffload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * A program for a namespace: the packet threads of a sidecar alone, with a fixed row of SAs and no conductor, so that a
 * test decides when SA and path change. It says its counters every 100 ms, and whatever else is in its log came from the
 * product.
 *
 * <p>Arguments: {@code SIDE(0|1) TUN OWN_INNER PEER_INNER SWITCH_MS SAS COPIES(true|false) TARGET…}; every SWITCH_MS (0 =
 * never) the next of so many SAs seals, the next target is sent to, the tables are published anew, and with COPIES packets go
 * to two targets every third time. The cipher is the best that the machine has.
 */
final class StaticTunnel {

    static final int PORT = 4500;

    /** Side 0 seals with even SPIs. */
    static final int FIRST_SPI = 0x9000_0000;

    private static final int SAY_MS = 100;

    private final int side;
    private final UdpPort port;
    private final DataPlane data;
    private final OverlayPeer peer;
    private final Map<Cidr, OverlayPeer> owners;
    private final List<ChildSa> children = new ArrayList<>();
    private final List<PathUse> ways = new ArrayList<>();
    private final boolean copies;
    private int switches;

    private StaticTunnel(String... arguments) throws IOException, UnusableEngineException {
        side = Integer.parseInt(arguments[0]);
        String tun = arguments[1];
        IpAddress own = IpAddress.parse(arguments[2]);
        IpAddress other = IpAddress.parse(arguments[3]);
        int sas = Integer.parseInt(arguments[5]);
        copies = Boolean.parseBoolean(arguments[6]);
        port = UdpPort.bind(PORT);
        data = new DataPlane(
                TunDevice.attach(java.nio.file.Path.of("/dev/net/tun"), tun, TunOffload.TCP_UDP),
                port,
                new InboundPolicy(InboundRules.parse("all"), new Random(side)),
                new Nobody(),
                List.of(own));
        peer = new OverlayPeer(NodeId.of(LabAuthority.bytes(1 + side)));
        owners = Map.of(Cidr.host(other), peer);
        AeadEngine engine = AeadChoice.of(AeadChoice.AUTO).engine();
        for (int i = 0; i < sas; i++) {
            children.add(child(engine, 2 * i + side, 2 * i + 1 - side));
        }
        for (String target : List.of(arguments).subList(7, arguments.length)) {
            Endpoint to = Endpoint.parse(target);
            ways.add(new PathUse(new Path.Direct(Endpoint.UNSPECIFIED, to), to));
        }
        peer.publishPaths(ways);
    }

    private static ChildSa child(AeadEngine engine, int out, int in) {
        List<TrafficSelector> any =
                List.of(TrafficSelector.of(Cidr.parse("0.0.0.0/0")), TrafficSelector.of(Cidr.parse("::/0")));
        SecretBytes salt = SecretBytes.owning(new byte[4]);
        EspSealer sealer = new EspSealer(FIRST_SPI + out, aead(engine, out), salt, true, SaLifetime.DEFAULT);
        EspOpener opener = new EspOpener(
                FIRST_SPI + in, aead(engine, in), salt, true, new SelectorSet(any, any), EspOpener.DEFAULT_WINDOW);
        return new ChildSa(1, FIRST_SPI + in, FIRST_SPI + out, sealer, opener, any, any, true, 0, SaLifetime.DEFAULT);
    }

    private static Aead aead(AeadEngine engine, int number) {
        byte[] key = new byte[32];
        Arrays.fill(key, (byte) (1 + number));
        return engine.aead(AeadAlgorithm.AES_256_GCM, SecretBytes.owning(key));
    }

    public static void main(String[] arguments) throws IOException, InterruptedException, UnusableEngineException {
        StaticTunnel tunnel = new StaticTunnel(arguments);
        tunnel.run(Integer.parseInt(arguments[4]));
    }

    private void run(int switchMs) throws InterruptedException {
        change();
        data.start();
        long saidNs = 0;
        while (data.isAlive()) {
            Thread.sleep(switchMs == 0 ? SAY_MS : switchMs);
            if (switchMs > 0) {
                change();
            }
            if (System.nanoTime() - saidNs > SAY_MS * 1_000_000L) {
                saidNs = System.nanoTime();
                say();
            }
        }
    }

    private void change() {
        ChildSa child = children.get(switches % children.size());
        PathUse duplicate = copies && switches % 3 == 2 ? ways.get((switches + 1) % ways.size()) : null;
        children.forEach(each -> data.tables().addInbound(new InboundSa.OfPeer(peer, each)));
        data.tables().routes(owners);
        peer.publish(new Transmission(child, ways.get(switches % ways.size()), ways.size() > 1 ? duplicate : null));
        switches++;
    }

    private void say() {
        UdpCounters sends = port.counters();
        StringBuilder line = new StringBuilder("state side=" + side + " switches=" + switches);
        line.append(" sent=").append(sends.sentDatagrams());
        line.append(" buffer_full=").append(sends.bufferFull());
        line.append(" too_long=").append(sends.tooLong());
        line.append(" refused=").append(sends.refused());
        line.append(" unreachable=").append(sends.unreachable());
        line.append(" other_errors=").append(sends.otherErrors());
        for (DropReason reason : DropReason.values()) {
            line.append(' ').append(reason.label()).append('=').append(data.drops(reason));
        }
        System.out.println(line);
    }

    /** Without a conductor nobody is told anything. */
    private record Nobody() implements ControlInbox {
        @Override
        public boolean ike(Endpoint source, byte[] message) {
            return true;
        }

        @Override
        public boolean stun(Endpoint source, byte[] message) {
            return true;
        }

        @Override
        public boolean signal(NodeId relay, byte[] datagram) {
            return true;
        }

        @Override
        public boolean probe(OverlayPeer from, Endpoint source, byte[] message) {
            return true;
        }

        @Override
        public boolean demand(OverlayPeer wanted) {
            return true;
        }
    }
}
