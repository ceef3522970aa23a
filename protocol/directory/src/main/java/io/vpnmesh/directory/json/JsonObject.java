// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.json;

import io.vpnmesh.core.wire.MalformedException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Typed reading of a parsed object; unknown fields are simply never asked for. */
public final class JsonObject {

    private final Map<String, Object> fields;

    JsonObject(Map<String, Object> fields) {
        this.fields = fields;
    }

    /** Turns text into a value; IllegalArgumentException becomes malformed input. */
    public interface TextReader<T> {
        T read(String text) throws MalformedException;
    }

    /** Turns an object into a value. */
    public interface ObjectReader<T> {
        T read(JsonObject object) throws MalformedException;
    }

    public boolean has(String name) {
        return fields.containsKey(name);
    }

    public String text(String name) throws MalformedException {
        if (need(name) instanceof String text) {
            return text;
        }
        throw wrong(name, "text");
    }

    public String text(String name, String absent) throws MalformedException {
        return has(name) ? text(name) : absent;
    }

    public <T> T text(String name, TextReader<T> reader) throws MalformedException {
        return read(name, text(name), reader);
    }

    public long number(String name, long min, long max) throws MalformedException {
        if (!(need(name) instanceof Long number) || number < min || number > max) {
            throw wrong(name, "a whole number in " + min + ".." + max);
        }
        return number;
    }

    public double real(String name, double absent) throws MalformedException {
        if (!has(name)) {
            return absent;
        }
        if (need(name) instanceof Number number) {
            return number.doubleValue();
        }
        throw wrong(name, "a number");
    }

    /** False where absent. */
    public boolean flag(String name) throws MalformedException {
        if (!has(name)) {
            return false;
        }
        if (need(name) instanceof Boolean flag) {
            return flag;
        }
        throw wrong(name, "true or false");
    }

    public JsonObject object(String name) throws MalformedException {
        if (need(name) instanceof JsonObject object) {
            return object;
        }
        throw wrong(name, "an object");
    }

    /** Empty where absent. */
    public <T> List<T> texts(String name, TextReader<T> reader) throws MalformedException {
        List<T> values = new ArrayList<>();
        for (Object item : items(name)) {
            if (!(item instanceof String text)) {
                throw wrong(name, "a list of texts");
            }
            values.add(read(name, text, reader));
        }
        return List.copyOf(values);
    }

    public List<String> texts(String name) throws MalformedException {
        return texts(name, text -> text);
    }

    /** Whole numbers; empty where absent. */
    public List<Long> numbers(String name) throws MalformedException {
        List<Long> values = new ArrayList<>();
        for (Object item : items(name)) {
            if (!(item instanceof Long number)) {
                throw wrong(name, "a list of whole numbers");
            }
            values.add(number);
        }
        return List.copyOf(values);
    }

    /** Empty where absent. */
    public <T> List<T> objects(String name, ObjectReader<T> reader) throws MalformedException {
        List<T> values = new ArrayList<>();
        for (Object item : items(name)) {
            if (!(item instanceof JsonObject object)) {
                throw wrong(name, "a list of objects");
            }
            values.add(guarded(name, object, reader));
        }
        return List.copyOf(values);
    }

    /** A map of texts; empty where absent. */
    public Map<String, String> textMap(String name) throws MalformedException {
        Map<String, String> map = new LinkedHashMap<>();
        if (has(name)) {
            JsonObject object = object(name);
            for (String key : object.fields.keySet()) {
                map.put(key, object.text(key));
            }
        }
        return map;
    }

    /** A map of whole numbers; empty where absent. */
    public Map<String, Long> numberMap(String name) throws MalformedException {
        Map<String, Long> map = new LinkedHashMap<>();
        if (has(name)) {
            JsonObject object = object(name);
            for (String key : object.fields.keySet()) {
                map.put(key, object.number(key, Long.MIN_VALUE, Long.MAX_VALUE));
            }
        }
        return map;
    }

    /** RFC 3339 in UTC. */
    public Instant time(String name) throws MalformedException {
        try {
            return Instant.parse(text(name));
        } catch (DateTimeParseException _) {
            throw wrong(name, "a time such as 2026-01-31T12:00:00Z");
        }
    }

    /** Applies a reader whose values validate themselves. */
    public static <T> T guarded(String name, JsonObject object, ObjectReader<T> reader) throws MalformedException {
        try {
            return reader.read(object);
        } catch (IllegalArgumentException e) {
            throw new MalformedException(0, name, String.valueOf(e.getMessage()));
        }
    }

    private static <T> T read(String name, String text, TextReader<T> reader) throws MalformedException {
        try {
            return reader.read(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedException(0, name, String.valueOf(e.getMessage()));
        }
    }

    private List<?> items(String name) throws MalformedException {
        if (!has(name)) {
            return List.of();
        }
        if (need(name) instanceof List<?> items) {
            return items;
        }
        throw wrong(name, "a list");
    }

    private Object need(String name) throws MalformedException {
        Object value = fields.get(name);
        if (value == null) {
            throw new MalformedException(0, name, "is missing");
        }
        return value;
    }

    private static MalformedException wrong(String name, String expected) {
        return new MalformedException(0, name, "is not " + expected);
    }
}
