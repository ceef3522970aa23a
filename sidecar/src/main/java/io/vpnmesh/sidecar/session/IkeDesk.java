// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.ipsec.ike.IkeEndpoint;
import io.vpnmesh.ipsec.ike.IkeEvent;
import io.vpnmesh.ipsec.ike.IkeInput;
import io.vpnmesh.ipsec.ike.LocalIdentity;
import io.vpnmesh.ipsec.ike.PeerRef;
import io.vpnmesh.node.identity.NodeCredentials;
import io.vpnmesh.transport.MachineDriver;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The IKE endpoint's shell: brings its events to whoever a session belongs to, and judges certificates on threads of
 * their own, because a signature check must not hold the conductor up.
 */
final class IkeDesk implements MachineDriver.Sink<IkeEvent> {

    /** Who sessions belong to, and how signalled IKE leaves. */
    interface Owners {
        IkeSession relay(NodeId relay);

        IkeSession peer(NodeId peer);

        Optional<IkeSession> byEndpoint(Endpoint remote);

        void sendSignalled(NodeId to, byte[] message);
    }

    private static final System.Logger LOG = System.getLogger(IkeDesk.class.getName());

    /** A peer that has just enrolled may be quicker than its record: its certificate waits that long for it. */
    private static final long RECORD_WAIT_NS = 2_000_000_000L;

    private static final long RECORD_LOOK_NS = 100_000_000L;

    private final MachineDriver driver;
    private final MeshKnowledge knowledge;
    private final InstantSource clock;
    private final Wire wire;
    private final Owners owners;
    private final Runnable directoryBehind;
    private final MachineDriver.Handle<IkeInput, IkeEvent> endpoint;
    private final Map<Long, IkeSession> sessions = new HashMap<>();

    IkeDesk(
            MachineDriver driver,
            IkeEndpoint machine,
            MeshKnowledge knowledge,
            InstantSource clock,
            Wire wire,
            Owners owners,
            Runnable directoryBehind) {
        this.driver = driver;
        this.knowledge = knowledge;
        this.clock = clock;
        this.wire = wire;
        this.owners = owners;
        this.directoryBehind = directoryBehind;
        endpoint = driver.register(machine, this);
    }

    static LocalIdentity localIdentity(NodeCredentials credentials) {
        return new LocalIdentity(
                credentials.identity().node(),
                credentials.keyPair().privateKey(),
                Pem.der(credentials.leaf()),
                List.of(Pem.der(credentials.foreignIntermediate())),
                credentials.identity().addresses().stream().map(Cidr::host).toList());
    }

    void input(IkeInput input) {
        endpoint.input(input);
    }

    void closeAll(String reason) {
        List.copyOf(sessions.keySet()).forEach(session -> endpoint.input(new IkeInput.Close(session, reason)));
    }

    @Override
    public void onTransmit(Datagram datagram) {
        wire.sendIke(datagram.remote(), datagram.payload());
    }

    @Override
    public void onEvent(IkeEvent event) {
        switch (event) {
            case IkeEvent.SendSignalled send -> owners.sendSignalled(send.to(), send.message());
            case IkeEvent.VerifyPeer verify -> verify(verify);
            case IkeEvent.Established up -> established(up);
            case IkeEvent.ChildInstalled installed ->
                owner(installed.session())
                        .ifPresent(owner -> owner.childInstalled(installed.session(), installed.child()));
            case IkeEvent.SendOn on -> owner(on.session()).ifPresent(owner -> owner.sendOn(on.session(), on.child()));
            case IkeEvent.ChildRemoved removed ->
                owner(removed.session())
                        .ifPresent(owner -> owner.childRemoved(removed.session(), removed.inboundSpi()));
            case IkeEvent.Notified notified ->
                owner(notified.session())
                        .ifPresent(owner -> owner.notified(notified.session(), notified.type(), notified.data()));
            case IkeEvent.PathKeysChanged keys ->
                owner(keys.session())
                        .ifPresent(owner -> owner.keysChanged(keys.session(), keys.keys(), keys.initiator()));
            case IkeEvent.LivenessConfirmed alive ->
                LOG.log(System.Logger.Level.DEBUG, "event=ike-alive session=" + alive.session());
            case IkeEvent.PeerMoved moved ->
                LOG.log(
                        System.Logger.Level.DEBUG,
                        "event=ike-moved session=" + moved.session() + " to=" + moved.peer());
            case IkeEvent.Closed closed -> closed(closed);
            case IkeEvent.Redirected redirected ->
                // Between our own the relay's MOVE decides; this is a hint that anybody could have sent.
                LOG.log(
                        System.Logger.Level.INFO,
                        "event=ike-redirected node=" + redirected.from() + " to=" + redirected.to());
            case IkeEvent.Failed failed -> failed(failed);
        }
    }

    private Optional<IkeSession> owner(long session) {
        return Optional.ofNullable(sessions.get(session));
    }

    private void established(IkeEvent.Established up) {
        NodeId node = up.identity().node();
        IkeSession owner = up.identity().role() == NodeRole.RELAY ? owners.relay(node) : owners.peer(node);
        sessions.put(up.session(), owner);
        LOG.log(
                System.Logger.Level.INFO,
                "event=ike-up node=" + node + " role=" + up.identity().role() + " initiator=" + up.initiator()
                        + " suite=" + up.suite());
        owner.established(up);
    }

    private void closed(IkeEvent.Closed closed) {
        IkeSession owner = sessions.remove(closed.session());
        if (owner != null) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=ike-closed peer=" + name(closed.peer()) + " reason=\"" + closed.reason() + "\"");
            owner.closed(closed.session(), closed.reason());
        }
    }

    private void failed(IkeEvent.Failed failed) {
        LOG.log(
                System.Logger.Level.INFO,
                "event=ike-failed peer=" + name(failed.peer()) + " reason=\"" + failed.reason() + "\"");
        switch (failed.peer()) {
            case PeerRef.Signalled signalled -> owners.peer(signalled.node()).failed(failed.reason());
            case PeerRef.Direct direct ->
                owners.byEndpoint(direct.remote()).ifPresent(owner -> owner.failed(failed.reason()));
        }
    }

    private static String name(PeerRef peer) {
        return switch (peer) {
            case PeerRef.Signalled signalled -> signalled.node().toString();
            case PeerRef.Direct direct -> direct.remote().toString();
        };
    }

    private void verify(IkeEvent.VerifyPeer verify) {
        CertificateVerifier verifier = knowledge.verifier();
        Thread.ofVirtual().name("verify").start(() -> {
            Verdict verdict = verifier.verify(verify.certificatesDer(), clock.instant());
            driver.post(() -> judge(verify, verdict, driver.nowNs() + RECORD_WAIT_NS));
        });
    }

    private void judge(IkeEvent.VerifyPeer verify, Verdict verdict, long deadlineNs) {
        switch (verdict) {
            case Verdict.Refused refused -> refuse(verify, refused.reason() + ": " + refused.message());
            case Verdict.Trusted trusted -> {
                Membership.Finding finding = Membership.judge(knowledge, verify.from(), trusted.identity());
                switch (finding) {
                    case Membership.Current _ ->
                        endpoint.input(new IkeInput.PeerVerified(verify.ticket(), trusted.identity()));
                    case Membership.Stranger stranger -> refuse(verify, stranger.reason());
                    case Membership.Unknown unknown -> {
                        if (driver.nowNs() >= deadlineNs) {
                            refuse(verify, unknown.reason());
                        } else {
                            directoryBehind.run();
                            driver.after(RECORD_LOOK_NS, () -> judge(verify, verdict, deadlineNs));
                        }
                    }
                }
            }
        }
    }

    private void refuse(IkeEvent.VerifyPeer verify, String reason) {
        LOG.log(
                System.Logger.Level.WARNING,
                "event=peer-refused peer=" + name(verify.from()) + " reason=\"" + reason + "\"");
        endpoint.input(new IkeInput.PeerRefused(verify.ticket(), reason));
    }

    /** Ends sessions of a node that is no longer what they were made for. */
    void closeSession(long session, String reason) {
        endpoint.input(new IkeInput.Close(session, reason));
    }
}
