// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.sa;

import io.vpnmesh.core.net.IpView;
import java.util.List;

/**
 * The selectors of one Child SA, compiled for the packet path (RFC 4301 section 4.4.1): a packet fits when its source is
 * in one of the first list and its destination in one of the second. Immutable.
 *
 * <p>A fragment without ports fits only selectors that allow every port.
 */
public final class SelectorSet {

    private final List<TrafficSelector> sources;
    private final List<TrafficSelector> destinations;
    private final Compiled[] from;
    private final Compiled[] to;

    public SelectorSet(List<TrafficSelector> sources, List<TrafficSelector> destinations) {
        this.sources = List.copyOf(sources);
        this.destinations = List.copyOf(destinations);
        from = sources.stream().map(Compiled::of).toArray(Compiled[]::new);
        to = destinations.stream().map(Compiled::of).toArray(Compiled[]::new);
    }

    public List<TrafficSelector> sources() {
        return sources;
    }

    public List<TrafficSelector> destinations() {
        return destinations;
    }

    /** The packet must have been wrapped well. */
    public boolean matches(IpView packet) {
        int ports = packet.hasPorts() ? 1 : 0;
        int sourcePort = ports == 0 ? -1 : packet.sourcePort();
        int destinationPort = ports == 0 ? -1 : packet.destinationPort();
        return matches(from, packet, packet.sourceHigh(), packet.sourceLow(), sourcePort)
                && matches(to, packet, packet.destinationHigh(), packet.destinationLow(), destinationPort);
    }

    private static boolean matches(Compiled[] selectors, IpView packet, long high, long low, int port) {
        for (Compiled selector : selectors) {
            if (selector.matches(packet, high, low, port)) {
                return true;
            }
        }
        return false;
    }

    private record Compiled(
            int version,
            int protocol,
            int startPort,
            int endPort,
            long startHigh,
            long startLow,
            long endHigh,
            long endLow) {

        static Compiled of(TrafficSelector s) {
            return new Compiled(
                    s.start().family(),
                    s.protocol(),
                    s.startPort(),
                    s.endPort(),
                    s.start().high(),
                    s.start().low(),
                    s.end().high(),
                    s.end().low());
        }

        boolean matches(IpView packet, long high, long low, int port) {
            return version == packet.version()
                    && (protocol == 0 || protocol == packet.protocol())
                    && (startPort == 0 && endPort == 65535 || port >= startPort && port <= endPort)
                    && lessOrEqual(startHigh, startLow, high, low)
                    && lessOrEqual(high, low, endHigh, endLow);
        }

        private static boolean lessOrEqual(long aHigh, long aLow, long bHigh, long bLow) {
            int order = Long.compareUnsigned(aHigh, bHigh);
            return order < 0 || order == 0 && Long.compareUnsigned(aLow, bLow) <= 0;
        }
    }
}
