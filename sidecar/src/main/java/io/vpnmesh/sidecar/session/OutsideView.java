// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.Base32;
import io.vpnmesh.directory.feed.FeedObject;
import io.vpnmesh.nat.observe.NatObserver;
import io.vpnmesh.nat.observe.NatType;
import io.vpnmesh.nat.observe.ObserverEvent;
import io.vpnmesh.nat.observe.ObserverInput;
import io.vpnmesh.nat.path.Candidate;
import io.vpnmesh.nat.path.CandidateBook;
import io.vpnmesh.nat.path.PathInput;
import io.vpnmesh.transport.MachineDriver;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** Where others may reach this node directly: its own addresses, and what observers outside see. Conductor only. */
final class OutsideView implements MachineDriver.Sink<ObserverEvent> {

    private static final System.Logger LOG = System.getLogger(OutsideView.class.getName());

    /** Names of STUN servers are looked up again that often. */
    private static final long RESOLVE_NS = 300_000_000_000L;

    private final MachineDriver driver;
    private final MeshKnowledge knowledge;
    private final Wire wire;
    private final Runnable changed;
    private final CandidateBook book;
    private final MachineDriver.Handle<ObserverInput, ObserverEvent> observer;
    private final Map<String, List<Endpoint>> resolved = new LinkedHashMap<>();
    private List<Endpoint> hosts = List.of();
    private List<Candidate> reflexive = List.of();
    private NatType natType = NatType.UNKNOWN;
    private UUID network = Candidate.NO_NETWORK;
    private List<ObserverInput.Observer> told = List.of();
    private List<String> stunServers = List.of();

    OutsideView(
            MachineDriver driver,
            MeshKnowledge knowledge,
            Wire wire,
            NatObserver machine,
            long bootEpoch,
            Runnable changed) {
        this.driver = driver;
        this.knowledge = knowledge;
        this.wire = wire;
        this.changed = changed;
        book = new CandidateBook(bootEpoch);
        observer = driver.register(machine, this);
        driver.every(RESOLVE_NS, () -> stunServers.forEach(this::resolve));
    }

    /** The directory changed. */
    void refresh() {
        List<Cidr> mesh = knowledge.mesh().map(FeedObject.MeshObject::prefixes).orElse(List.of());
        network = knowledge.mesh().map(object -> networkId(object.networkId())).orElse(Candidate.NO_NETWORK);
        hosts = HostAddresses.list(mesh).stream()
                .map(address -> new Endpoint(address, wire.local().port()))
                .toList();
        if (!hosts.isEmpty()) {
            observer.input(new ObserverInput.LocalEndpoint(hosts.getFirst()));
        }
        boolean named = !network.equals(Candidate.NO_NETWORK);
        UUID id = network;
        boolean hostsChanged = book.host(
                named ? hosts.stream().map(host -> Candidate.host(host, id)).toList() : List.of());
        stunServers = knowledge.mesh().map(FeedObject.MeshObject::stunServers).orElse(List.of());
        resolved.keySet().retainAll(stunServers);
        stunServers.stream().filter(name -> !resolved.containsKey(name)).forEach(this::resolve);
        tellObservers();
        if (hostsChanged) {
            changed.run();
        }
    }

    private void tellObservers() {
        List<ObserverInput.Observer> observers = new ArrayList<>();
        for (FeedObject.PeerObject relay : knowledge.relays()) {
            boolean outside = !relay.clusterId().equals(knowledge.ownCluster());
            RelayLink.endpoints(relay.record())
                    .forEach(endpoint -> observers.add(new ObserverInput.Observer(endpoint, outside)));
        }
        resolved.values()
                .forEach(endpoints ->
                        endpoints.forEach(endpoint -> observers.add(new ObserverInput.Observer(endpoint, true))));
        if (!observers.equals(told)) {
            told = List.copyOf(observers);
            observer.input(new ObserverInput.Observers(told));
        }
    }

    private void resolve(String name) {
        resolved.putIfAbsent(name, List.of());
        Thread.ofVirtual().name("resolve").start(() -> {
            List<Endpoint> endpoints = HostAddresses.resolve(name);
            driver.post(() -> {
                if (stunServers.contains(name) && !endpoints.isEmpty()) {
                    resolved.put(name, endpoints);
                    tellObservers();
                }
            });
        });
    }

    private static UUID networkId(String text) {
        if (text.isEmpty()) {
            return Candidate.NO_NETWORK;
        }
        try {
            ByteBuffer bytes = ByteBuffer.wrap(Base32.decode(text));
            return new UUID(bytes.getLong(), bytes.getLong());
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "event=network-id-unusable id=" + text);
            return Candidate.NO_NETWORK;
        }
    }

    void stunReceived(Endpoint remote, byte[] message) {
        observer.input(new ObserverInput.StunReceived(wire.local(), remote, message));
    }

    void relaySaw(Endpoint relay, Endpoint reflexive) {
        observer.input(new ObserverInput.RelaySaw(relay, reflexive));
    }

    void busy(boolean busy) {
        observer.input(new ObserverInput.Busy(busy));
    }

    @Override
    public void onTransmit(Datagram datagram) {
        wire.send(datagram.remote(), datagram.payload());
    }

    @Override
    public void onEvent(ObserverEvent event) {
        switch (event) {
            case ObserverEvent.ReflexiveChanged view -> {
                reflexive = view.candidates();
                natType = view.type();
                book.reflexive(reflexive);
                LOG.log(
                        System.Logger.Level.INFO,
                        "event=nat type=" + natType.text() + " candidates=" + reflexive.size());
                changed.run();
            }
        }
    }

    PathInput.LocalCandidates localCandidates() {
        return new PathInput.LocalCandidates(book.current(), natType, network);
    }

    NatType natType() {
        return natType;
    }

    List<Endpoint> reflexive() {
        return reflexive.stream().map(Candidate::endpoint).toList();
    }

    List<IpAddress> hostAddresses() {
        return hosts.stream().map(Endpoint::address).toList();
    }
}
