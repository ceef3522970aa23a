// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.table;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Inbound SPI to whatever opens its packets. Immutable: adding or removing makes a new table.
 *
 * @param <T> an inbound SA
 */
public final class SpiTable<T> {

    private final Map<Integer, T> entries;
    private final int[] spis;
    private final @Nullable T[] values;
    private final int mask;

    public SpiTable() {
        this(Map.of());
    }

    @SuppressWarnings("unchecked")
    private SpiTable(Map<Integer, T> entries) {
        this.entries = Map.copyOf(entries);
        int capacity = Integer.highestOneBit(Math.max(4, entries.size() * 2)) * 2;
        mask = capacity - 1;
        spis = new int[capacity];
        values = (T[]) new Object[capacity];
        entries.forEach((spi, value) -> {
            int at = slot(spi);
            while (values[at] != null) {
                at = at + 1 & mask;
            }
            spis[at] = spi;
            values[at] = value;
        });
    }

    public SpiTable<T> with(int spi, T value) {
        Map<Integer, T> next = new HashMap<>(entries);
        next.put(spi, value);
        return new SpiTable<>(next);
    }

    public SpiTable<T> without(int spi) {
        if (!entries.containsKey(spi)) {
            return this;
        }
        Map<Integer, T> next = new HashMap<>(entries);
        next.remove(spi);
        return new SpiTable<>(next);
    }

    /** Allocates nothing. */
    public @Nullable T lookup(int spi) {
        int at = slot(spi);
        @Nullable T value = values[at];
        while (value != null) {
            if (spis[at] == spi) {
                return value;
            }
            at = at + 1 & mask;
            value = values[at];
        }
        return null;
    }

    public int size() {
        return entries.size();
    }

    private int slot(int spi) {
        return (spi * 0x9E3779B9 >>> 8) & mask;
    }
}
