// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.cbor;

import io.vpnmesh.core.wire.MalformedException;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** A map with integer keys, in the bytewise order of their encoding (RFC 8949 section 4.2.1): 0, 1, 2, …, -1, -2, …. */
public record CborMap(SortedMap<Long, CborValue> entries) implements CborValue {

    static final Comparator<Long> KEY_ORDER = (a, b) ->
            (a < 0) != (b < 0) ? Boolean.compare(a < 0, b < 0) : a < 0 ? Long.compare(b, a) : Long.compare(a, b);

    public static final CborMap EMPTY = new CborMap(new TreeMap<>(KEY_ORDER));

    public CborMap {
        TreeMap<Long, CborValue> copy = new TreeMap<>(KEY_ORDER);
        copy.putAll(entries);
        entries = Collections.unmodifiableSortedMap(copy);
    }

    public static Builder builder() {
        return new Builder();
    }

    public Optional<CborValue> get(long key) {
        return Optional.ofNullable(entries.get(key));
    }

    /** Errors: MalformedException when the key is missing. */
    public CborValue need(long key, String field) throws MalformedException {
        CborValue value = entries.get(key);
        if (value == null) {
            throw new MalformedException(0, field, "is missing (key " + key + ")");
        }
        return value;
    }

    /** What a reader of older software must keep, so that a signature made by newer software still fits. */
    public CborMap without(Set<Long> known) {
        TreeMap<Long, CborValue> rest = new TreeMap<>(KEY_ORDER);
        for (Map.Entry<Long, CborValue> entry : entries.entrySet()) {
            if (!known.contains(entry.getKey())) {
                rest.put(entry.getKey(), entry.getValue());
            }
        }
        return new CborMap(rest);
    }

    /** Collects entries. */
    public static final class Builder {
        private final TreeMap<Long, CborValue> entries = new TreeMap<>(KEY_ORDER);

        public Builder put(long key, CborValue value) {
            if (entries.put(key, value) != null) {
                throw new IllegalArgumentException("key " + key + " twice");
            }
            return this;
        }

        public Builder put(long key, long value) {
            return put(key, CborValue.of(value));
        }

        public Builder put(long key, byte[] value) {
            return put(key, CborValue.of(value));
        }

        public Builder put(long key, String value) {
            return put(key, CborValue.of(value));
        }

        public Builder put(long key, List<CborValue> items) {
            return put(key, new Array(items));
        }

        /** Left out where empty: one encoding for one meaning. */
        public Builder putUnlessEmpty(long key, List<CborValue> items) {
            return items.isEmpty() ? this : put(key, items);
        }

        public Builder putAll(CborMap other) {
            other.entries().forEach(this::put);
            return this;
        }

        public CborMap build() {
            return new CborMap(entries);
        }
    }
}
