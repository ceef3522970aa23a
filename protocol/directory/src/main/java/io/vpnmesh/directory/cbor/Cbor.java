// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.cbor;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Encodes and decodes CBOR in its core deterministic form (RFC 8949 section 4.2.1). The decoder takes nothing else:
 * shortest lengths, sorted keys without doubles, definite lengths, valid UTF-8, no floats. So one value has one
 * encoding, and what was signed can be made again from what was read.
 */
public final class Cbor {

    private static final int MAX_DEPTH = 12;

    private static final int UNSIGNED = 0;
    private static final int NEGATIVE = 1;
    private static final int BYTES = 2;
    private static final int TEXT = 3;
    private static final int ARRAY = 4;
    private static final int MAP = 5;
    private static final int TAG = 6;
    private static final int SIMPLE = 7;
    private static final int FALSE = 20;
    private static final int TRUE = 21;

    private Cbor() {}

    public static byte[] encode(CborValue value) {
        WireWriter writer = new WireWriter();
        write(writer, value);
        return writer.toByteArray();
    }

    /** Exactly one item and nothing after it. Errors: MalformedException with the offset. */
    public static CborValue decode(byte[] bytes) throws MalformedException {
        WireReader reader = new WireReader(bytes);
        CborValue value = read(reader, 0);
        reader.end("CBOR");
        return value;
    }

    private static void write(WireWriter writer, CborValue value) {
        switch (value) {
            case CborValue.Int item -> {
                boolean negative = item.value() < 0;
                head(writer, negative ? NEGATIVE : UNSIGNED, negative ? ~item.value() : item.value());
            }
            case CborValue.Bytes item -> {
                head(writer, BYTES, item.value().length);
                writer.bytes(item.value());
            }
            case CborValue.Text item -> {
                byte[] utf8 = CborValue.utf8(item.value());
                head(writer, TEXT, utf8.length);
                writer.bytes(utf8);
            }
            case CborValue.Bool item -> head(writer, SIMPLE, item.value() ? TRUE : FALSE);
            case CborValue.Array array -> {
                head(writer, ARRAY, array.items().size());
                array.items().forEach(item -> write(writer, item));
            }
            case CborMap map -> {
                head(writer, MAP, map.entries().size());
                for (Map.Entry<Long, CborValue> entry : map.entries().entrySet()) {
                    write(writer, CborValue.of(entry.getKey()));
                    write(writer, entry.getValue());
                }
            }
            case CborValue.Tagged item -> {
                head(writer, TAG, item.tag());
                write(writer, item.value());
            }
        }
    }

    private static void head(WireWriter writer, int major, long argument) {
        int type = major << 5;
        if (argument < 24) {
            writer.u8(type | (int) argument);
        } else if (argument <= 0xFF) {
            writer.u8(type | 24).u8((int) argument);
        } else if (argument <= 0xFFFF) {
            writer.u8(type | 25).u16((int) argument);
        } else if (argument <= 0xFFFF_FFFFL) {
            writer.u8(type | 26).u32(argument);
        } else {
            writer.u8(type | 27).i64(argument);
        }
    }

    private static CborValue read(WireReader reader, int depth) throws MalformedException {
        if (depth > MAX_DEPTH) {
            throw new MalformedException(reader.position(), "CBOR", "nested deeper than " + MAX_DEPTH);
        }
        int at = reader.position();
        int first = reader.u8("CBOR item");
        int major = first >>> 5;
        long argument = argument(reader, first & 31, at);
        return switch (major) {
            case UNSIGNED -> CborValue.of(argument);
            case NEGATIVE -> CborValue.of(~argument);
            case BYTES -> CborValue.of(reader.bytes(length(reader, argument, at), "byte string"));
            case TEXT -> CborValue.of(text(reader.bytes(length(reader, argument, at), "text"), at));
            case ARRAY -> array(reader, length(reader, argument, at), depth);
            case MAP -> map(reader, length(reader, argument, at), depth);
            case TAG -> new CborValue.Tagged(argument, read(reader, depth + 1));
            default -> simple(first & 31, at);
        };
    }

    private static long argument(WireReader reader, int info, int at) throws MalformedException {
        long value = switch (info) {
            case 24 -> reader.u8("CBOR length");
            case 25 -> reader.u16("CBOR length");
            case 26 -> reader.u32("CBOR length");
            case 27 -> reader.i64("CBOR length");
            case 28, 29, 30, 31 -> throw new MalformedException(at, "CBOR", "indefinite or reserved length");
            default -> info;
        };
        long smallest = switch (info) {
            case 24 -> 24;
            case 25 -> 0x100;
            case 26 -> 0x1_0000;
            case 27 -> 0x1_0000_0000L;
            default -> 0;
        };
        if (value < smallest) {
            throw new MalformedException(at, "CBOR", "not the shortest form, or beyond 63 bits");
        }
        return value;
    }

    /** Each item takes a byte at least, so a length beyond what is left is a lie, found before memory is taken. */
    private static int length(WireReader reader, long argument, int at) throws MalformedException {
        if (argument > reader.remaining()) {
            throw new MalformedException(
                    at, "CBOR", "announces " + argument + ", has " + reader.remaining() + " bytes");
        }
        return (int) argument;
    }

    private static CborValue array(WireReader reader, int count, int depth) throws MalformedException {
        List<CborValue> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(read(reader, depth + 1));
        }
        return new CborValue.Array(items);
    }

    private static CborValue map(WireReader reader, int count, int depth) throws MalformedException {
        TreeMap<Long, CborValue> entries = new TreeMap<>(CborMap.KEY_ORDER);
        for (int i = 0; i < count; i++) {
            int at = reader.position();
            long key = read(reader, depth + 1).asInt("map key");
            if (!entries.isEmpty() && CborMap.KEY_ORDER.compare(entries.lastKey(), key) >= 0) {
                throw new MalformedException(at, "map key", "not in order, or twice");
            }
            entries.put(key, read(reader, depth + 1));
        }
        return new CborMap(entries);
    }

    private static CborValue simple(int info, int at) throws MalformedException {
        if (info != FALSE && info != TRUE) {
            throw new MalformedException(at, "CBOR", "floats, null and other simple values have no place here");
        }
        return CborValue.of(info == TRUE);
    }

    private static String text(byte[] utf8, int at) throws MalformedException {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException _) {
            throw new MalformedException(at, "text", "not UTF-8");
        }
    }
}
