// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.relay;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Rows by SPI. One writer; packet threads call {@link #find}, which takes no lock and allocates nothing.
 *
 * @param <R> all rows are of this one class
 */
public final class SpiTable<R extends SpiTable.Row> {

    /** Something that has an SPI, for ever the same. */
    public interface Row extends RowTable.Row {
        int spi();

        @Override
        default int rowHash() {
            return spi();
        }
    }

    private final RowTable table = new RowTable();

    /** The row of this SPI. */
    @SuppressWarnings("unchecked") // only add() puts rows in, but for tombstones, which have no SPI
    public @Nullable R find(int spi) {
        AtomicReferenceArray<RowTable.Row> rows = table.rows();
        int mask = rows.length() - 1;
        for (int slot = RowTable.start(rows, spi); ; slot = slot + 1 & mask) {
            RowTable.Row row = rows.getAcquire(slot);
            if (row == null) {
                return null;
            }
            if (row instanceof Row found && found.spi() == spi) {
                return (R) found;
            }
        }
    }

    /** The SPI must not be in the table. */
    public void add(R row) {
        table.add(row);
    }

    public void remove(R row) {
        table.remove(row);
    }

    @SuppressWarnings("unchecked")
    void removeIf(Predicate<R> condition) {
        table.removeIf(row -> condition.test((R) row));
    }

    public int size() {
        return table.size();
    }
}
