// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import io.vpnmesh.core.net.Cidr;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prefix to owner by longest match, for both families. Immutable.
 *
 * @param <T> what a packet thread wants to know of an owner
 */
public final class RoutingTable<T> {

    private final PrefixTable<T> v4;
    private final PrefixTable<T> v6;
    private final int size;

    public RoutingTable(Map<Cidr, T> owners) {
        v4 = new PrefixTable<>(owners, 4);
        v6 = new PrefixTable<>(owners, 6);
        size = owners.size();
    }

    /** The owner of an address, or null. Allocates nothing. */
    public @Nullable T lookup(int family, long high, long low) {
        return family == 4 ? v4.lookup(0, low, 32) : v6.lookup(high, low, 128);
    }

    /** Number of prefixes. */
    public int size() {
        return size;
    }
}
