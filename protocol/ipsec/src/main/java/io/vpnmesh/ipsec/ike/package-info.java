// SPDX-License-Identifier: Apache-2.0
/**
 * IKEv2 as machines without I/O: one {@code IkeEndpoint} holds all IKE SAs of a node.
 *
 * <p>A shell around it reads a socket and a clock, and does what the events say:
 *
 * <pre>{@code
 * IkeEndpoint ike = new IkeEndpoint(IkeSettings.of(identity, bootEpoch), spis, new JdkCrypto(), new SecureRandom());
 * Outbox<IkeEvent> out = new Outbox<>() {
 *     public void transmit(Datagram datagram) {
 *         socket.send(nonEspMarkerBefore(datagram.payload()), datagram.remote());
 *     }
 *
 *     public void event(IkeEvent event) {
 *         switch (event) {
 *             case VerifyPeer verify -> later(judge(verify)); // comes back as PeerVerified or PeerRefused
 *             case ChildInstalled installed -> inbound.put(installed.child().inboundSpi(), installed.child());
 *             case SendOn on -> outbound.put(on.session(), on.child());
 *             case ChildRemoved removed -> inbound.remove(removed.inboundSpi());
 *             // Established, Closed, Failed, Notified, … as the shell needs them
 *         }
 *     }
 * };
 * ike.handle(new Connect(new Direct(peer), node, localSelectors, remoteSelectors), nowNs(), out);
 * while (running) {
 *     Packet packet = socket.receive(until(ike.nextWakeupNs()));
 *     if (packet.hasNonEspMarker()) {
 *         ike.handle(new Received(new Direct(packet.source()), local, packet.behindMarker()), nowNs(), out);
 *     } else if (packet.isEsp()) {
 *         ChildSa child = inbound.get(EspHeader.spi(packet.bytes(), 0));
 *         int length = child.opener().open(packet.bytes(), 0, packet.length()); // below 0: an EspVerdict
 *     }
 *     ike.onTimer(nowNs(), out);
 * }
 * }</pre>
 */
@NullMarked
package io.vpnmesh.ipsec.ike;

import org.jspecify.annotations.NullMarked;
