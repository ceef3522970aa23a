// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.sim;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import java.util.ArrayList;
import java.util.List;

/** An outbox that keeps what it gets. */
public final class Recorder<E> implements Outbox<E> {

    public final List<Datagram> datagrams = new ArrayList<>();
    public final List<E> events = new ArrayList<>();

    @Override
    public void transmit(Datagram datagram) {
        datagrams.add(datagram);
    }

    @Override
    public void event(E event) {
        events.add(event);
    }

    /** The events of that type since the last {@link #clear}. */
    public <T extends E> List<T> of(Class<T> type) {
        return events.stream().filter(type::isInstance).map(type::cast).toList();
    }

    public void clear() {
        datagrams.clear();
        events.clear();
    }
}
