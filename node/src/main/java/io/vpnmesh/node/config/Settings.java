// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.config;

import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Text settings under dotted names: from a properties file, or from the environment, where {@code a.b-c} is
 * {@code VPNMESH_A_B_C}. An empty value counts as absent. Errors name the setting as its source spells it.
 */
public final class Settings {

    private static final String ENVIRONMENT_PREFIX = "VPNMESH_";
    private static final int MAX_PORT = 65535;

    private final Map<String, String> values;
    private final boolean environment;
    private final String source;

    private Settings(Map<String, String> values, boolean environment, String source) {
        this.values = values;
        this.environment = environment;
        this.source = source;
    }

    public static Settings ofEnvironment(Map<String, String> variables) {
        return new Settings(Map.copyOf(variables), true, "the environment");
    }

    /** Errors: ConfigException when the file cannot be read. */
    public static Settings ofFile(Path file) throws ConfigException {
        try {
            return ofText(Files.readString(file, StandardCharsets.UTF_8), file.toString());
        } catch (IOException e) {
            throw new ConfigException("cannot read the configuration file " + file + ": " + e.getMessage(), e);
        }
    }

    /** Properties text; {@code source} is named in errors. */
    public static Settings ofText(String text, String source) throws ConfigException {
        Properties properties = new Properties();
        try (Reader reader = new StringReader(text)) {
            properties.load(reader);
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException(source + " is not a properties file: " + e.getMessage(), e);
        }
        Map<String, String> values = new HashMap<>();
        properties.stringPropertyNames().forEach(name -> values.put(name, properties.getProperty(name)));
        return new Settings(values, false, source);
    }

    /**
     * The arguments that every node program takes after its verb: nothing (environment) or {@code --config FILE}.
     * Errors: ConfigException that shows the usage.
     */
    public static Settings ofArguments(String[] arguments, Map<String, String> environment) throws ConfigException {
        if (arguments.length == 0) {
            return ofEnvironment(environment);
        }
        if (arguments.length == 2 && arguments[0].equals("--config")) {
            return ofFile(Path.of(arguments[1]));
        }
        throw new ConfigException("unknown arguments: " + String.join(" ", arguments)
                + "; write nothing (settings come from VPNMESH_… variables) or --config FILE");
    }

    /** Errors: ConfigException for a name in the file that is not one of these; the environment may hold others. */
    void refuseUnknown(Iterable<String> known) throws ConfigException {
        if (environment) {
            return;
        }
        TreeSet<String> unknown = new TreeSet<>(values.keySet());
        known.forEach(unknown::remove);
        if (!unknown.isEmpty()) {
            throw new ConfigException("unknown settings in " + source + ": " + String.join(", ", unknown)
                    + "; known are: " + String.join(", ", known));
        }
    }

    /** The name as a person must write it here. */
    public String spelled(String name) {
        return environment
                ? ENVIRONMENT_PREFIX
                        + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_')
                : name;
    }

    public Optional<String> text(String name) {
        @Nullable String value = values.get(spelled(name));
        return value == null || value.isBlank() ? Optional.empty() : Optional.of(value.strip());
    }

    public String text(String name, String otherwise) {
        return text(name).orElse(otherwise);
    }

    public String required(String name, String meaning) throws ConfigException {
        return text(name)
                .orElseThrow(() -> new ConfigException(
                        "set " + spelled(name) + " in " + source + " to " + meaning + "; it is missing"));
    }

    public Path path(String name, String otherwise) {
        return Path.of(text(name, otherwise));
    }

    public int port(String name, int otherwise) throws ConfigException {
        return number(name, otherwise, 0, MAX_PORT);
    }

    public int number(String name, int otherwise, int least, int most) throws ConfigException {
        Optional<String> text = text(name);
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            int value = Integer.parseInt(text.get());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException _) {
            // falls through to the one message for both
        }
        throw invalid(name, text.get(), "a number from " + least + " to " + most);
    }

    /** An exception that names the setting, its value and what was expected. */
    public ConfigException invalid(String name, String value, String expected) {
        return new ConfigException(spelled(name) + "=" + value + " in " + source + " is not usable; write " + expected);
    }
}
