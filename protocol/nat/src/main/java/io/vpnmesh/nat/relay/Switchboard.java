// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.check.TokenBucket;
import io.vpnmesh.nat.signal.Signal;
import io.vpnmesh.nat.signal.SignalCodec;
import io.vpnmesh.nat.signal.SignalError;
import io.vpnmesh.nat.signal.SignalKind;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/** Carries signalling from client to client: stamps the authenticated source, limits every pair on its own. */
final class Switchboard {

    /** The least recently used pair is forgotten beyond it: about 10 MB. */
    private static final int MAX_PAIRS = 65_536;

    private record Pair(NodeId from, NodeId to) {}

    private record Buckets(TokenBucket messages, TokenBucket bytes) {}

    private final RelaySettings.Limits limits;
    private final Predicate<NodeId> attached;
    private final Map<Pair, Buckets> pairs = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Pair, Buckets> eldest) {
            return size() > MAX_PAIRS;
        }
    };

    Switchboard(RelaySettings.Limits limits, Predicate<NodeId> attached) {
        this.limits = limits;
        this.attached = attached;
    }

    void carry(NodeId from, Signal signal, long nowNs, Outbox<RelayEvent> out) {
        NodeId to = signal.node();
        int lengthBytes = SignalCodec.HEADER_BYTES + signal.body().length;
        if (!admits(new Pair(from, to), lengthBytes, nowNs)) {
            return; // no answer: an error per refused message would double the flood
        }
        if (!attached.test(to)) {
            SignalError error = new SignalError(SignalError.NOT_ATTACHED, "the destination is not attached here");
            Signal answer = new Signal(SignalKind.ERROR, 0, signal.requestId(), to, error.encode());
            out.event(new RelayEvent.SendSignal(from, SignalCodec.encode(answer)));
            return;
        }
        Signal stamped = new Signal(signal.kind(), signal.flags(), signal.requestId(), from, signal.body());
        out.event(new RelayEvent.SendSignal(to, SignalCodec.encode(stamped)));
    }

    private boolean admits(Pair pair, int lengthBytes, long nowNs) {
        Buckets buckets = pairs.computeIfAbsent(
                pair,
                _ -> new Buckets(
                        new TokenBucket(limits.signalsPerSecond(), 2.0 * limits.signalsPerSecond(), nowNs),
                        new TokenBucket(limits.signalBytesPerSecond(), limits.signalBytesPerSecond(), nowNs)));
        return buckets.messages().take(1, nowNs) && buckets.bytes().take(lengthBytes, nowNs);
    }
}
