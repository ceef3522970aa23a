// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.PathCheckKeys;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.nat.check.CheckCredentials;
import io.vpnmesh.nat.path.CandidateList;
import io.vpnmesh.nat.path.Path;
import io.vpnmesh.nat.path.PathAgent;
import io.vpnmesh.nat.path.PathEvent;
import io.vpnmesh.nat.path.PathInput;
import io.vpnmesh.nat.path.Reason;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.sidecar.data.InboundSa;
import io.vpnmesh.sidecar.data.OverlayPeer;
import io.vpnmesh.sidecar.data.PathUse;
import io.vpnmesh.sidecar.data.Transmission;
import io.vpnmesh.transport.MachineDriver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One peer: the only place that marries its IKE sessions, its Child SAs and its path agent. It publishes the outcome to
 * the packet threads. Conductor only.
 */
final class PeerSession implements IkeSession, MachineDriver.Sink<PathEvent> {

    /** What of an IKE session is needed again at a change of its keys. */
    private record Ike(long generation, String ownId, String peerId) {}

    private static final System.Logger LOG = System.getLogger(PeerSession.class.getName());

    private final OverlayPeer peer;
    private final PeerContext context;
    private final PathAgent agentMachine;
    private final MachineDriver.Handle<PathInput, PathEvent> agent;
    private final PeerPaths paths;
    private final ChildSas children = new ChildSas();
    private final Map<Long, Ike> sessions = new LinkedHashMap<>();
    private @Nullable Path path;
    private @Nullable Path warm;
    private Reason reason = Reason.CHECKING;
    private final InboundPulse pulse = new InboundPulse();
    private boolean retired;

    PeerSession(OverlayPeer peer, PeerContext context, PathAgent agentMachine, MachineDriver driver) {
        this.peer = peer;
        this.context = context;
        this.agentMachine = agentMachine;
        this.paths = new PeerPaths(peer, context::relayEndpoint, this::tellAgent);
        agent = driver.register(agentMachine, this);
    }

    OverlayPeer peer() {
        return peer;
    }

    NodeId node() {
        return peer.node();
    }

    boolean isUp() {
        return !sessions.isEmpty();
    }

    boolean isCarrying() {
        return peer.transmission() != null;
    }

    PeerPaths paths() {
        return paths;
    }

    Optional<Path> path() {
        return Optional.ofNullable(path);
    }

    Reason reason() {
        return reason;
    }

    /** Smoothed round trip of the path in use; 0 = not measured. */
    double rttMs() {
        return agentMachine.status().rttMs();
    }

    Iterable<ChildSa> childSas() {
        return children.all();
    }

    Set<String> usernames() {
        return sessions.values().stream().map(Ike::ownId).collect(java.util.stream.Collectors.toSet());
    }

    void input(PathInput input) {
        agent.input(input);
    }

    /** The directory's word changed: sessions of a former generation end. */
    void generationIs(long generation) {
        sessions.forEach((session, ike) -> {
            if (ike.generation() < generation) {
                context.ike(new IkeInput.Close(session, "its generation was replaced"));
            }
        });
    }

    /** Ends everything; the session is not used again, but for the last words of its IKE sessions. */
    void retire(String why) {
        retired = true;
        sessions.keySet().forEach(session -> context.ike(new IkeInput.Close(session, why)));
        sessions.clear();
        context.usernamesChanged(this);
        agent.input(new PathInput.Shutdown());
        peer.publish(null);
    }

    void forget() {
        agent.close();
    }

    /** Tells the agent what went and came since the last look. */
    PeerPaths.Movement tellTraffic() {
        List<ChildSa> ahead = children.heardAhead();
        if (!ahead.isEmpty()) {
            ahead.forEach(child -> context.ike(new IkeInput.TrafficSeen(child.session(), child.inboundSpi())));
        }
        return paths.tellTraffic();
    }

    private void tellAgent(PathUse use) {
        agent.input(new PathInput.TrafficSeen(use.path(), use.outbound(), use.inbound()));
    }

    InboundPulse pulse() {
        return pulse;
    }

    // What IKE says.

    @Override
    public void established(IkeEvent.Established event) {
        sessions.put(
                event.session(),
                new Ike(event.identity().generation(), event.ownPathCheckId(), event.peerPathCheckId()));
        context.usernamesChanged(this);
        agent.input(new PathInput.RelayPaths(context.relayPaths(node())));
        agent.input(context.localCandidates());
        agent.input(new PathInput.Keys(CheckCredentials.of(
                event.keys().initiator(),
                event.keys().responder(),
                event.initiator(),
                event.ownPathCheckId(),
                event.peerPathCheckId())));
    }

    @Override
    public void keysChanged(long session, PathCheckKeys keys, boolean initiator) {
        Ike ike = sessions.get(session);
        if (ike != null) {
            agent.input(new PathInput.Keys(
                    CheckCredentials.of(keys.initiator(), keys.responder(), initiator, ike.ownId(), ike.peerId())));
        }
    }

    @Override
    public void childInstalled(long session, ChildSa child) {
        children.add(child);
        context.addInbound(new InboundSa.OfPeer(peer, child));
    }

    @Override
    public void sendOn(long session, ChildSa child) {
        children.sendOn(child);
        publish();
    }

    @Override
    public void childRemoved(long session, int inboundSpi) {
        context.removeInbound(inboundSpi);
        ChildSa removed = children.remove(inboundSpi);
        publish();
        if (removed != null) {
            removed.close(); // a packet thread that still holds it gets the verdict CLOSED
        }
    }

    @Override
    public void notified(long session, int type, byte[] data) {
        if (type != NotifyType.CANDIDATES) {
            return;
        }
        try {
            agent.input(new PathInput.RemoteCandidates(CandidateList.decode(data)));
        } catch (MalformedException e) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "event=candidates-malformed peer=" + node() + " reason=\"" + e.getMessage() + "\"");
        }
    }

    @Override
    public void closed(long session, String why) {
        Ike gone = sessions.remove(session);
        if (gone != null) {
            agent.input(new PathInput.KeysGone(gone.ownId()));
            context.usernamesChanged(this);
        }
        publish();
        context.changed();
        if (sessions.isEmpty()) {
            context.ended(this, why);
        }
    }

    @Override
    public void failed(String why) {
        if (sessions.isEmpty()) {
            context.ended(this, why);
        }
    }

    // What the path agent says.

    @Override
    public void onTransmit(Datagram datagram) {
        context.wire().send(datagram.remote(), datagram.payload());
    }

    @Override
    public void onEvent(PathEvent event) {
        switch (event) {
            case PathEvent.SendInnerProbe probe -> sendProbe(probe);
            case PathEvent.SendCandidates candidates ->
                newestSession()
                        .ifPresent(session -> context.ike(
                                new IkeInput.SendNotify(session, NotifyType.CANDIDATES, candidates.body())));
            case PathEvent.SendSignal signal -> context.signal(node(), signal.kind(), signal.body());
            case PathEvent.Prime prime -> context.wire().prime(prime.remote(), prime.ttl(), prime.payload());
            case PathEvent.PathSelected selected -> selected(selected);
            case PathEvent.Duplicate duplicate -> {
                warm = duplicate.on() ? duplicate.warm() : null;
                publish();
            }
            case PathEvent.PeerUnreachable unreachable -> unreachable(unreachable.reason());
        }
    }

    private void selected(PathEvent.PathSelected selected) {
        if (!selected.path().equals(path) || selected.reason() != reason) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=path peer=" + node() + " path=" + text(selected.path()) + " reason="
                            + selected.reason().text() + " rttMs=" + Math.round(selected.rttMs() * 10) / 10.0);
        }
        boolean moved = !selected.path().equals(path);
        path = selected.path();
        reason = selected.reason();
        if (moved) {
            peer.widen();
        }
        publish();
        context.changed();
    }

    private void unreachable(Reason why) {
        LOG.log(System.Logger.Level.INFO, "event=path peer=" + node() + " path=none reason=" + why.text());
        path = null;
        warm = null;
        reason = why;
        publish();
        context.changed();
        context.unreachable(this);
    }

    private static String text(Path path) {
        return switch (path) {
            case Path.Direct _ -> "direct";
            case Path.Relayed relayed -> "relayed via=" + relayed.relay();
        };
    }

    private void sendProbe(PathEvent.SendInnerProbe probe) {
        Optional<PathUse> use = paths.use(probe.path());
        ChildSa child = children.outbound();
        Optional<IpAddress> to = context.addressOf(node());
        if (use.isEmpty() || child == null || to.isEmpty()) {
            return;
        }
        IpAddress from = context.ownAddress(to.get().family());
        byte[] packet = UdpPacket.build(from, Signal.PROBE_PORT, to.get(), Signal.PROBE_PORT, probe.message());
        context.sendInside(peer, packet, use.get(), child);
    }

    private Optional<Long> newestSession() {
        return sessions.keySet().stream().reduce((_, later) -> later);
    }

    /** The relay that a datagram from this address came through; a guess for direct ones. */
    void probeReceived(Endpoint source, byte[] message) {
        context.relayAt(source).ifPresent(relay -> agent.input(new PathInput.InnerProbeReceived(relay, message)));
    }

    /** Gives the packet threads what holds now, and lets waiting packets go. */
    private void publish() {
        if (retired) {
            return; // the peer may have a new session already
        }
        ChildSa child = children.outbound();
        Path chosen = path;
        Optional<PathUse> use = chosen == null ? Optional.empty() : paths.use(chosen);
        if (child == null || use.isEmpty()) {
            peer.publish(null);
            return;
        }
        Path second = warm;
        PathUse duplicate = second == null ? null : paths.use(second).orElse(null);
        peer.publish(new Transmission(child, use.get(), duplicate));
        context.release(peer);
    }
}
