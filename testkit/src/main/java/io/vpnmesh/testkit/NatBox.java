// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.testkit;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.testkit.NatBehaviour.Dependence;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A NAT with one external address and a network behind it. Its behaviour can change at any time, with or without its state. */
public final class NatBox implements SimNode, SimNetwork {

    private static final int FIRST_PORT = 1024;

    /** Which packets share a mapping, or pass a filter: parts of the remote end that count, null where they do not. */
    private record Key(@Nullable Endpoint inside, @Nullable IpAddress address, int port) {

        static Key of(@Nullable Endpoint inside, Dependence dependence, Endpoint remote) {
            return switch (dependence) {
                case ENDPOINT_INDEPENDENT -> new Key(inside, null, 0);
                case ADDRESS -> new Key(inside, remote.address(), 0);
                case ADDRESS_AND_PORT -> new Key(inside, remote.address(), remote.port());
            };
        }
    }

    private static final class Mapping {
        private final Endpoint inside;
        private final int port;
        private final Set<Key> permitted = new HashSet<>();
        private long usedNs;

        private Mapping(Endpoint inside, int port) {
            this.inside = inside;
            this.port = port;
        }
    }

    private final SimNetwork outer;
    private final SimLink uplink = new SimLink();
    private final Map<IpAddress, SimNode> inside = new HashMap<>();
    private final Map<Key, Mapping> byKey = new HashMap<>();
    private final Map<Integer, Mapping> byPort = new HashMap<>();
    /** Tuples that an unsolicited packet has taken: external port and remote end. */
    private final Set<Key> clashes = new HashSet<>();

    private IpAddress external;
    private NatBehaviour behaviour;

    public NatBox(SimNetwork outer, IpAddress external, NatBehaviour behaviour) {
        this.outer = outer;
        this.external = external;
        this.behaviour = behaviour;
        outer.plug(external, this);
    }

    public IpAddress external() {
        return external;
    }

    /** Another behaviour and no memory of any flow. */
    public void restart(NatBehaviour other) {
        behaviour = other;
        byKey.clear();
        byPort.clear();
        clashes.clear();
    }

    /** Another external address and no memory. */
    public void renumber(IpAddress other) {
        outer.unplug(external);
        external = other;
        outer.plug(external, this);
        restart(behaviour);
    }

    @Override
    public void plug(IpAddress address, SimNode node) {
        inside.put(address, node);
    }

    @Override
    public void unplug(IpAddress address) {
        inside.remove(address);
    }

    @Override
    public SimWorld world() {
        return outer.world();
    }

    @Override
    public SimLink link() {
        return uplink;
    }

    /** A packet from inside. */
    @Override
    public void route(SimPacket packet, SimLink link) {
        if (link.drops(world())) {
            return;
        }
        SimNode neighbour = inside.get(packet.destination().address());
        if (neighbour != null) {
            world().after(link.delayNs() + neighbour.link().delayNs(), () -> neighbour.arrive(packet));
            return;
        }
        SimPacket hopped = packet.hops(1);
        if (behaviour.blocked() || hopped.ttl() <= 0) {
            return;
        }
        SimPacket translated = hopped.from(new Endpoint(external, outbound(packet).port));
        if (!packet.destination().address().equals(external)) {
            world().after(link.delayNs(), () -> outer.route(translated, uplink));
        } else if (behaviour.hairpins()) {
            world().after(link.delayNs(), () -> arrive(translated));
        }
    }

    /** A packet from outside. */
    @Override
    public void arrive(SimPacket packet) {
        Mapping mapping = byPort.get(packet.destination().port());
        if (mapping == null || behaviour.blocked() || isDead(mapping) || !permits(mapping, packet.source())) {
            if (behaviour.clashes()) {
                clashes.add(clash(packet.destination().port(), packet.source()));
            }
            return;
        }
        SimNode node = inside.get(mapping.inside.address());
        SimPacket forwarded = packet.to(mapping.inside).hops(1);
        if (node != null && forwarded.ttl() > 0 && !node.link().drops(world())) {
            world().after(node.link().delayNs(), () -> node.arrive(forwarded));
        }
    }

    private Mapping outbound(SimPacket packet) {
        Endpoint remote = packet.destination();
        Key key = Key.of(packet.source(), behaviour.mapping(), remote);
        Mapping mapping = live(key);
        int wanted = mapping != null ? mapping.port : packet.source().port();
        if (clashes.contains(clash(wanted, remote))) {
            key = Key.of(packet.source(), Dependence.ADDRESS_AND_PORT, remote);
            mapping = live(key);
            wanted = -1;
        }
        if (mapping == null) {
            mapping = new Mapping(packet.source(), freePort(wanted));
            byKey.put(key, mapping);
            byPort.put(mapping.port, mapping);
        }
        mapping.usedNs = world().nowNs();
        mapping.permitted.add(Key.of(null, behaviour.filtering(), remote));
        return mapping;
    }

    private @Nullable Mapping live(Key key) {
        Mapping mapping = byKey.get(key);
        if (mapping != null && isDead(mapping)) {
            byKey.remove(key);
            byPort.remove(mapping.port);
            return null;
        }
        return mapping;
    }

    private boolean isDead(Mapping mapping) {
        return world().nowNs() - mapping.usedNs >= behaviour.lifetimeNs();
    }

    private boolean permits(Mapping mapping, Endpoint remote) {
        return mapping.permitted.contains(Key.of(null, behaviour.filtering(), remote));
    }

    private int freePort(int wanted) {
        int port = behaviour.preservesPorts() && wanted > 0 ? wanted : -1;
        while (port < 0 || byPort.containsKey(port)) {
            port = FIRST_PORT + world().random().nextInt(65_536 - FIRST_PORT);
        }
        return port;
    }

    private static Key clash(int port, Endpoint remote) {
        return new Key(new Endpoint(IpAddress.ANY_V4, port), remote.address(), remote.port());
    }
}
