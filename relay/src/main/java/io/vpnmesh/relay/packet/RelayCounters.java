// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.packet;

import io.vpnmesh.ipsec.esp.EspVerdict;
import io.vpnmesh.nat.relay.Route;
import io.vpnmesh.node.health.MetricsText;
import java.util.Locale;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What the packet thread counted. Written by it alone, read by the metrics page. */
public final class RelayCounters {

    public final LongAdder forwardedPackets = new LongAdder();
    public final LongAdder forwardedBytes = new LongAdder();
    /** Messages that the kernel was given: what joined datagrams is worth. */
    public final LongAdder forwardedTrains = new LongAdder();

    public final LongAdder controlMessages = new LongAdder();
    public final LongAdder keepalives = new LongAdder();
    public final LongAdder garbage = new LongAdder();
    public final LongAdder failures = new LongAdder();
    /** Lost in the socket's receive buffer, as the kernel counts. */
    public final LongAdder kernelDrops = new LongAdder();
    /** Messages of strangers beyond what the conductor takes. */
    public final LongAdder strangers = new LongAdder();

    private volatile double fairShare = Double.POSITIVE_INFINITY;
    private final LongAdder[] routeDrops = adders(Route.Verdict.values().length);
    private final LongAdder[] espDrops = adders(EspVerdict.COUNT + 1);
    private final LongAdder notSignalling = new LongAdder();

    private static LongAdder[] adders(int count) {
        return Stream.generate(LongAdder::new).limit(count).toArray(LongAdder[]::new);
    }

    void fairShare(double unitsPerSecond) {
        if (unitsPerSecond != fairShare) {
            fairShare = unitsPerSecond;
        }
    }

    void dropped(Route.Verdict verdict, int packets) {
        routeDrops[verdict.ordinal()].add(packets);
    }

    void refused(int espVerdict) {
        espDrops[-espVerdict].increment();
    }

    void notSignalling() {
        notSignalling.increment();
    }

    /** Packets that were not forwarded for this reason. */
    public long drops(Route.Verdict verdict) {
        return routeDrops[verdict.ordinal()].sum();
    }

    public void write(MetricsText metrics) {
        metrics.counter("vpnmesh_relay_forwarded_packets_total", "ESP packets forwarded.", forwardedPackets.sum());
        metrics.counter("vpnmesh_relay_forwarded_bytes_total", "Bytes of ESP forwarded.", forwardedBytes.sum());
        metrics.counter(
                "vpnmesh_relay_forwarded_trains_total",
                "Trains that they left in; packets by trains is the mean train.",
                forwardedTrains.sum());
        metrics.counter(
                "vpnmesh_relay_control_messages_total", "IKE and STUN messages received.", controlMessages.sum());
        metrics.counter("vpnmesh_relay_keepalives_total", "NAT keepalives received.", keepalives.sum());
        metrics.counter("vpnmesh_relay_packet_failures_total", "Packets that met a bug.", failures.sum());
        metrics.family("vpnmesh_relay_dropped_packets_total", "counter", "Packets dropped, by reason.");
        for (Route.Verdict verdict : Route.Verdict.values()) {
            if (verdict != Route.Verdict.LOCAL) {
                metrics.sample(drops(verdict), "reason", verdict.name().toLowerCase(Locale.ROOT));
            }
        }
        for (int i = 1; i <= EspVerdict.COUNT; i++) {
            metrics.sample(espDrops[i].sum(), "reason", "own_sa_" + EspVerdict.name(-i));
        }
        metrics.sample(notSignalling.sum(), "reason", "own_sa_not_signalling");
        metrics.sample(garbage.sum(), "reason", "garbage");
        metrics.sample(strangers.sum(), "reason", "strangers_control");
        metrics.sample(kernelDrops.sum(), "reason", "receive_buffer_full");
        metrics.gauge(
                "vpnmesh_relay_fair_share_bytes_per_second",
                "What one client may use while the relay has more to do than it can; 0 = there is enough.",
                Double.isInfinite(fairShare) ? 0 : Math.round(fairShare));
    }
}
