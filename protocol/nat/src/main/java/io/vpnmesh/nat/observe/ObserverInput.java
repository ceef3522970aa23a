// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.observe;

import io.vpnmesh.core.net.Endpoint;
import java.util.List;

/** What a {@link NatObserver} is told. */
public sealed interface ObserverInput {

    /**
     * Who may be asked.
     *
     * @param outside false for a relay of our own cluster: its view is short-circuited and is never used
     */
    record Observer(Endpoint endpoint, boolean outside) {}

    /** All observers; replaces the list before. */
    record Observers(List<Observer> observers) implements ObserverInput {
        public Observers {
            observers = List.copyOf(observers);
        }
    }

    /** The address and port of our own socket, to recognise the absence of a NAT. */
    record LocalEndpoint(Endpoint local) implements ObserverInput {}

    record StunReceived(Endpoint local, Endpoint remote, byte[] message) implements ObserverInput {}

    /** A relay has told us our reflexive address in a check; ignored unless it is one of the outside observers. */
    record RelaySaw(Endpoint relay, Endpoint reflexive) implements ObserverInput {}

    /** Whether packets flow to peers that are relayed: then a changed mapping must be noticed within seconds. */
    record Busy(boolean busy) implements ObserverInput {}

    /** Ask everybody now. */
    record AskNow() implements ObserverInput {}
}
