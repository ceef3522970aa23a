// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.sa;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.util.Optional;

/**
 * A range of addresses, ports and a protocol (RFC 7296 section 3.13.1); both ends inclusive.
 *
 * @param protocol an IP protocol number, 0 for any
 */
public record TrafficSelector(int protocol, int startPort, int endPort, IpAddress start, IpAddress end) {

    private static final int ALL_PORTS = 65535;

    public TrafficSelector {
        if (start.family() != end.family() || start.compareTo(end) > 0) {
            throw new IllegalArgumentException("address range " + start + " to " + end);
        }
        if (protocol < 0
                || protocol > 255
                || startPort < 0
                || startPort > ALL_PORTS
                || endPort < 0
                || endPort > ALL_PORTS) {
            throw new IllegalArgumentException("protocol " + protocol + ", ports " + startPort + " to " + endPort);
        }
    }

    /** Every port and protocol of a prefix. */
    public static TrafficSelector of(Cidr prefix) {
        return new TrafficSelector(0, 0, ALL_PORTS, prefix.address(), prefix.last());
    }

    /** What both allow; empty if nothing. */
    public Optional<TrafficSelector> intersect(TrafficSelector other) {
        if (start.family() != other.start.family()
                || (protocol != 0 && other.protocol != 0 && protocol != other.protocol)) {
            return Optional.empty();
        }
        IpAddress low = start.compareTo(other.start) >= 0 ? start : other.start;
        IpAddress high = end.compareTo(other.end) <= 0 ? end : other.end;
        int lowPort = Math.max(startPort, other.startPort);
        int highPort = Math.min(endPort, other.endPort);
        if (low.compareTo(high) > 0 || lowPort > highPort) {
            return Optional.empty();
        }
        return Optional.of(new TrafficSelector(Math.max(protocol, other.protocol), lowPort, highPort, low, high));
    }

    public boolean isWithin(TrafficSelector other) {
        return intersect(other).filter(this::equals).isPresent();
    }

    public boolean allPorts() {
        return startPort == 0 && endPort == ALL_PORTS;
    }

    @Override
    public String toString() {
        String range = start.equals(end) ? start.toString() : start + "-" + end;
        return protocol == 0 && allPorts() ? range : range + "[" + protocol + "/" + startPort + "-" + endPort + "]";
    }
}
