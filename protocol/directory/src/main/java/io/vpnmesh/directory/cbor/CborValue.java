// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.cbor;

import io.vpnmesh.core.wire.MalformedException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The data items that our formats use. */
public sealed interface CborValue
        permits CborMap,
                CborValue.Int,
                CborValue.Bytes,
                CborValue.Text,
                CborValue.Bool,
                CborValue.Array,
                CborValue.Tagged {

    /** An integer of -2^63 to 2^63-1; sequence numbers and times fit. */
    record Int(long value) implements CborValue {}

    /** A byte string; the array is a view, not to be changed. */
    record Bytes(byte[] value) implements CborValue {
        @Override
        public boolean equals(Object other) {
            return other instanceof Bytes that && Arrays.equals(value, that.value);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(value);
        }
    }

    record Text(String value) implements CborValue {}

    record Bool(boolean value) implements CborValue {}

    record Array(List<CborValue> items) implements CborValue {
        public Array {
            items = List.copyOf(items);
        }
    }

    record Tagged(long tag, CborValue value) implements CborValue {}

    static CborValue of(long value) {
        return new Int(value);
    }

    static CborValue of(byte[] value) {
        return new Bytes(value);
    }

    static CborValue of(String value) {
        return new Text(value);
    }

    static CborValue of(boolean value) {
        return new Bool(value);
    }

    /** The integer, or MalformedException that names the field. */
    default long asInt(String field) throws MalformedException {
        if (this instanceof Int item) {
            return item.value();
        }
        throw wrong(field, "an integer");
    }

    default long asInt(String field, long min, long max) throws MalformedException {
        long value = asInt(field);
        if (value < min || value > max) {
            throw new MalformedException(0, field, value + " is not in " + min + ".." + max);
        }
        return value;
    }

    default byte[] asBytes(String field) throws MalformedException {
        if (this instanceof Bytes item) {
            return item.value();
        }
        throw wrong(field, "a byte string");
    }

    default byte[] asBytes(String field, int length) throws MalformedException {
        byte[] bytes = asBytes(field);
        if (bytes.length != length) {
            throw new MalformedException(0, field, "has " + bytes.length + " bytes, not " + length);
        }
        return bytes;
    }

    default BigInteger asUnsigned(String field) throws MalformedException {
        return new BigInteger(1, asBytes(field));
    }

    default String asText(String field) throws MalformedException {
        if (this instanceof Text item) {
            return item.value();
        }
        throw wrong(field, "text");
    }

    default boolean asBool(String field) throws MalformedException {
        if (this instanceof Bool item) {
            return item.value();
        }
        throw wrong(field, "true or false");
    }

    default CborMap asMap(String field) throws MalformedException {
        if (this instanceof CborMap map) {
            return map;
        }
        throw wrong(field, "a map");
    }

    default List<CborValue> asArray(String field, int maxItems) throws MalformedException {
        if (!(this instanceof Array array)) {
            throw wrong(field, "an array");
        }
        if (array.items().size() > maxItems) {
            throw new MalformedException(0, field, "has " + array.items().size() + " items, at most " + maxItems);
        }
        return array.items();
    }

    /** An array whose items a reader turns into values. */
    default <T> List<T> asList(String field, int maxItems, ItemReader<T> reader) throws MalformedException {
        List<T> values = new ArrayList<>();
        for (CborValue item : asArray(field, maxItems)) {
            values.add(guarded(field, item, reader));
        }
        return List.copyOf(values);
    }

    /** Applies a reader, whose IllegalArgumentException (a value that validates itself) becomes malformed input. */
    static <T> T guarded(String field, CborValue item, ItemReader<T> reader) throws MalformedException {
        try {
            return reader.read(item);
        } catch (IllegalArgumentException e) {
            throw new MalformedException(0, field, String.valueOf(e.getMessage()));
        }
    }

    /** Turns an item into a value. */
    interface ItemReader<T> {
        T read(CborValue item) throws MalformedException;
    }

    private static MalformedException wrong(String field, String expected) {
        return new MalformedException(0, field, "is not " + expected);
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
