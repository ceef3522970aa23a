// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Looking things up in a list of payloads. */
public record Payloads(List<IkePayload> all) {

    public Payloads {
        all = List.copyOf(all);
    }

    public static Payloads of(IkePayload... payloads) {
        return new Payloads(List.of(payloads));
    }

    /** The first payload of a class. */
    public <P extends IkePayload> Optional<P> first(Class<P> type) {
        return all.stream().filter(type::isInstance).map(type::cast).findFirst();
    }

    public <P extends IkePayload> List<P> every(Class<P> type) {
        return all.stream().filter(type::isInstance).map(type::cast).toList();
    }

    public Optional<IkePayload.Notify> notify(int notifyType) {
        return every(IkePayload.Notify.class).stream()
                .filter(n -> n.notifyType() == notifyType)
                .findFirst();
    }

    public boolean has(int notifyType) {
        return notify(notifyType).isPresent();
    }

    /** The first notify that reports an error. */
    public Optional<IkePayload.Notify> error() {
        return every(IkePayload.Notify.class).stream()
                .filter(n -> NotifyType.isError(n.notifyType()))
                .findFirst();
    }

    public Optional<IkePayload.Identification> identification(boolean initiator) {
        return every(IkePayload.Identification.class).stream()
                .filter(id -> id.initiator() == initiator)
                .findFirst();
    }

    public Optional<IkePayload.TrafficSelectors> selectors(boolean initiator) {
        return every(IkePayload.TrafficSelectors.class).stream()
                .filter(ts -> ts.initiator() == initiator)
                .findFirst();
    }

    /** A payload that we must not ignore and cannot read. */
    public Optional<IkePayload.Unknown> unsupportedCritical() {
        return every(IkePayload.Unknown.class).stream()
                .filter(u -> u.critical() && !PayloadType.isBase(u.type()))
                .findFirst();
    }

    /** These payloads followed by others. */
    public Payloads with(IkePayload... more) {
        List<IkePayload> joined = new ArrayList<>(all);
        joined.addAll(List.of(more));
        return new Payloads(joined);
    }
}
