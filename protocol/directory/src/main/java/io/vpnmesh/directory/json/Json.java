// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.json;

import com.google.gson.Strictness;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import com.google.gson.stream.JsonWriter;
import com.google.gson.stream.MalformedJsonException;
import io.vpnmesh.core.wire.MalformedException;
import java.io.EOFException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * JSON text (RFC 8259) to values and back, bounded in size and depth; fields keep their order. A field that an object has
 * twice is an error: who reads the first and who reads the second would not agree.
 */
public final class Json {

    private static final int MAX_CHARACTERS = 4 * 1024 * 1024;
    private static final int MAX_DEPTH = 16;

    /** What the parser says of text that only its lenient mode would take. */
    private static final String ADVICE_FOR_CODE = "Use JsonReader";

    private Json() {}

    /** One object and nothing after it. Errors: MalformedException that says where. */
    public static JsonObject parse(String text) throws MalformedException {
        if (text.length() > MAX_CHARACTERS) {
            throw new MalformedException(MAX_CHARACTERS, "JSON", "is longer than " + MAX_CHARACTERS + " characters");
        }
        JsonReader reader = new JsonReader(new StringReader(text));
        reader.setStrictness(Strictness.STRICT);
        reader.setNestingLimit(MAX_DEPTH);
        try {
            if (reader.peek() != JsonToken.BEGIN_OBJECT) {
                throw new MalformedException(0, "JSON", "is not an object");
            }
            JsonObject object = object(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new MalformedException(0, "JSON", "has text after the object");
            }
            return object;
        } catch (MalformedJsonException | EOFException e) {
            throw new MalformedException(0, "JSON", problem(String.valueOf(e.getMessage())));
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory does not fail", e);
        }
    }

    /** The parser's words end with line, column and path; an address of advice for programmers follows. */
    private static String problem(String words) {
        String first = words.lines().findFirst().orElse("");
        return first.startsWith(ADVICE_FOR_CODE) ? "is malformed" + first.substring(first.indexOf(" at line")) : first;
    }

    /** One line without a line break. Values: String, Number, Boolean, Map with text keys, Iterable. */
    public static String write(Map<String, ?> object) {
        StringWriter text = new StringWriter();
        try (JsonWriter writer = new JsonWriter(text)) {
            value(writer, object);
        } catch (IOException e) {
            throw new IllegalStateException("writing to memory does not fail", e);
        }
        return text.toString();
    }

    private static JsonObject object(JsonReader reader) throws IOException, MalformedException {
        Map<String, Object> fields = new LinkedHashMap<>();
        Set<String> names = new HashSet<>();
        reader.beginObject();
        while (reader.hasNext()) {
            String name = reader.nextName();
            if (!names.add(name)) {
                throw new MalformedException(0, "JSON", "has " + reader.getPath() + " twice");
            }
            if (!isNull(reader)) {
                fields.put(name, value(reader));
            }
        }
        reader.endObject();
        return new JsonObject(fields);
    }

    private static List<Object> array(JsonReader reader) throws IOException, MalformedException {
        List<Object> items = new ArrayList<>();
        reader.beginArray();
        while (reader.hasNext()) {
            if (!isNull(reader)) {
                items.add(value(reader));
            }
        }
        reader.endArray();
        return items;
    }

    /** Passes over it: null and absent are the same. */
    private static boolean isNull(JsonReader reader) throws IOException {
        boolean isNull = reader.peek() == JsonToken.NULL;
        if (isNull) {
            reader.nextNull();
        }
        return isNull;
    }

    private static Object value(JsonReader reader) throws IOException, MalformedException {
        return switch (reader.peek()) {
            case BEGIN_OBJECT -> object(reader);
            case BEGIN_ARRAY -> array(reader);
            case STRING -> reader.nextString();
            case BOOLEAN -> reader.nextBoolean();
            case NUMBER -> number(reader.nextString());
            case JsonToken token -> throw new MalformedException(0, "JSON", "unexpected " + token);
        };
    }

    /** A Long where it is one; a Double beyond, and with a fraction or an exponent. */
    private static Object number(String digits) {
        try {
            return Long.valueOf(digits);
        } catch (NumberFormatException _) {
            return Double.valueOf(digits);
        }
    }

    private static void value(JsonWriter writer, Object value) throws IOException {
        switch (value) {
            case String text -> writer.value(text);
            case Integer number -> writer.value(number.longValue());
            case Long number -> writer.value(number.longValue());
            case Double number when Double.isFinite(number) -> writer.value(number.doubleValue());
            case Boolean flag -> writer.value(flag.booleanValue());
            case Map<?, ?> map -> {
                writer.beginObject();
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    writer.name(String.valueOf(entry.getKey()));
                    value(writer, entry.getValue());
                }
                writer.endObject();
            }
            case Iterable<?> items -> {
                writer.beginArray();
                for (Object item : items) {
                    value(writer, item);
                }
                writer.endArray();
            }
            default -> writer.value(value.toString());
        }
    }
}
