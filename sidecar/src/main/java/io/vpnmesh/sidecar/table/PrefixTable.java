// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Longest prefix match of one address family. Immutable: the conductor builds a new one and packet threads read it.
 *
 * <p>Shape: one open hash per prefix length in use, the longest first. Overlay addresses are host prefixes, so nearly
 * every look-up ends in the first.
 */
final class PrefixTable<T> {

    private record Level<T>(
            int length, long[] highs, long[] lows, @Nullable T[] owners, int mask) {}

    private final List<Level<T>> levels;
    private final Level<T>[] fast;

    @SuppressWarnings({"unchecked", "rawtypes"})
    PrefixTable(Map<Cidr, T> owners, int family) {
        Map<Integer, Map<Cidr, T>> byLength = new TreeMap<>(Comparator.reverseOrder());
        owners.forEach((prefix, owner) -> {
            if (prefix.address().family() == family) {
                byLength.computeIfAbsent(prefix.length(), _ -> new TreeMap<>()).put(prefix, owner);
            }
        });
        List<Level<T>> built = new ArrayList<>();
        byLength.forEach((length, prefixes) -> built.add(level(length, prefixes)));
        levels = List.copyOf(built);
        fast = levels.toArray(new Level[0]);
    }

    @SuppressWarnings("unchecked")
    private static <T> Level<T> level(int length, Map<Cidr, T> prefixes) {
        int capacity = Integer.highestOneBit(Math.max(2, prefixes.size() * 2 - 1)) * 2;
        Level<T> level =
                new Level<>(length, new long[capacity], new long[capacity], (T[]) new Object[capacity], capacity - 1);
        prefixes.forEach((prefix, owner) -> {
            IpAddress address = prefix.address();
            int at = slot(address.high(), address.low(), level.mask());
            while (level.owners()[at] != null) {
                at = at + 1 & level.mask();
            }
            level.highs()[at] = address.high();
            level.lows()[at] = address.low();
            level.owners()[at] = owner;
        });
        return level;
    }

    /** The owner of the longest prefix that holds the address, or null. Allocates nothing. */
    @Nullable
    T lookup(long high, long low, int bits) {
        for (Level<T> level : fast) {
            long maskedHigh = high;
            long maskedLow = low;
            int host = bits - level.length();
            if (host >= 64) {
                maskedLow = 0;
                maskedHigh = host >= 128 ? 0 : high & -1L << host - 64;
            } else if (host > 0) {
                maskedLow = low & -1L << host;
            }
            int at = slot(maskedHigh, maskedLow, level.mask());
            @Nullable T owner = level.owners()[at];
            while (owner != null) {
                if (level.lows()[at] == maskedLow && level.highs()[at] == maskedHigh) {
                    return owner;
                }
                at = at + 1 & level.mask();
                owner = level.owners()[at];
            }
        }
        return null;
    }

    private static int slot(long high, long low, int mask) {
        long mixed = (high * 31 + low) * 0x9E3779B97F4A7C15L;
        return (int) (mixed >>> 40) & mask;
    }
}
