// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.nat.signal.LeaseAnswer;
import io.vpnmesh.nat.signal.LeaseRequest;
import io.vpnmesh.nat.signal.Move;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalError;
import java.util.List;

/** What a {@link RelayClient} asks of its shell or tells it. */
public sealed interface RelayClientEvent {

    /** Send this inside the Child SA to UDP port {@code Signal.PORT} of the relay's overlay address. */
    record SendSignal(byte[] datagram) implements RelayClientEvent {}

    /** The relay forwards for us: our tuple is proven. Told again when the reflexive address changes. */
    record Attached(Endpoint reflexive) implements RelayClientEvent {}

    /** A check went unanswered: use the other relay beside this one while {@code on}. */
    record Suspect(boolean on) implements RelayClientEvent {}

    /** The relay does not answer; checks go on, and {@link Attached} says when it is back. */
    record Down() implements RelayClientEvent {}

    /** Signalling from another client, {@code signal.node()} is its authenticated source. */
    record PeerSignal(Signal signal) implements RelayClientEvent {}

    /** The relay refused to carry a signal to {@code about}, or did not understand a request. */
    record Refused(NodeId about, SignalError error) implements RelayClientEvent {}

    /** The relay leaves. */
    record Moving(Move move) implements RelayClientEvent {}

    /** The answer to an AskLease; {@code answers} go with {@code items}, in their order. */
    record Leased(List<LeaseRequest.Item> items, List<LeaseAnswer.Item> answers) implements RelayClientEvent {
        public Leased {
            items = List.copyOf(items);
            answers = List.copyOf(answers);
        }
    }

    /** No answer to an AskLease after all retransmissions. */
    record LeaseUnanswered(List<LeaseRequest.Item> items) implements RelayClientEvent {
        public LeaseUnanswered {
            items = List.copyOf(items);
        }
    }
}
