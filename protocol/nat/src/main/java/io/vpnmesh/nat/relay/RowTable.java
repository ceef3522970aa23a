// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;

/**
 * Immutable rows in one array, found by probing: one writer, any number of readers, no lock, and nothing allocated by a
 * look-up. A reader sees a whole row or none. A removed row leaves a tombstone; when rows and tombstones fill half of the
 * array, a new array is built and published by one volatile write.
 *
 * <p>Readers probe by themselves, from {@link #start} on until an empty place, because only they know their key.
 */
final class RowTable {

    /** A row never changes its hash. */
    interface Row {
        int rowHash();
    }

    private static final int INITIAL_CAPACITY = 1024;

    private static final Row TOMBSTONE = () -> 0;

    private volatile AtomicReferenceArray<Row> rows = new AtomicReferenceArray<>(INITIAL_CAPACITY);
    private int used;
    private int size;

    /** What a reader probes, to be read once per look-up. The length is a power of two. */
    AtomicReferenceArray<Row> rows() {
        return rows;
    }

    /** Where the probing of this hash begins; it goes on upwards, and around. */
    static int start(AtomicReferenceArray<Row> rows, int hash) {
        return hash * 0x9E37_79B1 >>> 1 & rows.length() - 1; // odd, from the golden ratio
    }

    int size() {
        return size;
    }

    /** No row of the same key may be in the table. */
    void add(Row row) {
        if ((used + 1) * 2 > rows.length()) {
            rebuild();
        }
        AtomicReferenceArray<Row> table = rows;
        int slot = start(table, row.rowHash());
        while (table.getPlain(slot) != null && table.getPlain(slot) != TOMBSTONE) {
            slot = slot + 1 & table.length() - 1;
        }
        if (table.getPlain(slot) == null) {
            used++;
        }
        table.setRelease(slot, row);
        size++;
    }

    boolean remove(Row row) {
        AtomicReferenceArray<Row> table = rows;
        int slot = start(table, row.rowHash());
        while (table.getPlain(slot) != null) {
            if (table.getPlain(slot) == row) {
                table.setRelease(slot, TOMBSTONE);
                size--;
                return true;
            }
            slot = slot + 1 & table.length() - 1;
        }
        return false;
    }

    /** Removes every row that the predicate names. */
    void removeIf(Predicate<Row> condition) {
        AtomicReferenceArray<Row> table = rows;
        for (int slot = 0; slot < table.length(); slot++) {
            Row row = table.getPlain(slot);
            if (row != null && row != TOMBSTONE && condition.test(row)) {
                table.setRelease(slot, TOMBSTONE);
                size--;
            }
        }
    }

    private void rebuild() {
        AtomicReferenceArray<Row> old = rows;
        int capacity = old.length();
        while ((size + 1) * 4 > capacity) {
            capacity *= 2;
        }
        AtomicReferenceArray<Row> table = new AtomicReferenceArray<>(capacity);
        for (int i = 0; i < old.length(); i++) {
            Row row = old.getPlain(i);
            if (row != null && row != TOMBSTONE) {
                int slot = start(table, row.rowHash());
                while (table.getPlain(slot) != null) {
                    slot = slot + 1 & capacity - 1;
                }
                table.setPlain(slot, row);
            }
        }
        used = size;
        rows = table;
    }
}
