// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import org.jspecify.annotations.Nullable;

/** Endpoints seen lately, so that the packet path makes no new object for each datagram. One owner thread. */
final class EndpointCache {

    private final @Nullable Endpoint[] places;
    private final int shift;

    /** @param placeBits 1 to 31; the cache remembers at most 2 to this power */
    EndpointCache(int placeBits) {
        places = new Endpoint[1 << placeBits];
        shift = Long.SIZE - placeBits;
    }

    Endpoint get(int family, long high, long low, int port) {
        long mixed = (high ^ low * 31 ^ port) * 0x9E3779B97F4A7C15L;
        int place = (int) (mixed >>> shift);
        Endpoint known = places[place];
        if (known != null && known.port() == port && isAddress(known.address(), family, high, low)) {
            return known;
        }
        Endpoint fresh = new Endpoint(new IpAddress(family, high, low), port);
        places[place] = fresh;
        return fresh;
    }

    private static boolean isAddress(IpAddress address, int family, long high, long low) {
        return address.low() == low && address.high() == high && address.family() == family;
    }
}
