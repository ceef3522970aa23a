// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.core.x509.Pem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Our engine, as an {@link EngineShell} in its namespace. */
final class Engine implements AutoCloseable {

    /** How long anything may take that is not a matter of time-outs. */
    static final Duration SOON = Duration.ofSeconds(15);

    private final LabNet net;
    private final Path folder;
    private final List<String> past = new ArrayList<>();
    private @Nullable LineProcess process;

    Engine(LabNet net, Path folder, Identities.Credentials own, Setup setup) throws IOException {
        this.net = net;
        this.folder = folder;
        Files.writeString(folder.resolve("key.pem"), Pem.encode(own.key()));
        Files.writeString(folder.resolve("leaf.pem"), Pem.encode(own.leaf()));
        Files.writeString(folder.resolve("intermediate.pem"), Pem.encode(own.shown()));
        Files.writeString(folder.resolve("full-intermediate.pem"), Pem.encode(own.full()));
        Files.writeString(folder.resolve("roots.pem"), Pem.encode(own.root()));
        Properties config = new Properties();
        config.setProperty("local", net.ourAddress() + ":4500");
        config.setProperty("peer", LabNet.THEIRS + ":4500");
        config.setProperty("node", Identities.node(1).toString());
        config.setProperty("peer.node", Identities.node(2).toString());
        config.setProperty("suite", setup.suite().name());
        config.putAll(setup.engine());
        try (var out = Files.newBufferedWriter(folder.resolve("config.properties"))) {
            config.store(out, null);
        }
    }

    void start() throws IOException {
        process = new LineProcess(command(net.ours(), EngineShell.class, folder.toString()), Map.of());
        await("ready");
    }

    /** A class with a main method, as a process in a namespace. */
    static List<String> command(String namespace, Class<?> main, String... arguments) {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        List<String> command = new ArrayList<>(List.of("ip", "netns", "exec", namespace, java));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** Gives a command, see {@link EngineShell}. */
    void say(String command) throws IOException {
        running().say(command);
    }

    /** The next event that starts so; earlier ones are passed over. */
    String await(String start) {
        return await(start, SOON);
    }

    String await(String start, Duration within) {
        return running().await(start, within);
    }

    /** All events so far, those of killed processes included. */
    List<String> seen() {
        List<String> all = new ArrayList<>(past);
        if (process != null) {
            all.addAll(process.seen());
        }
        return all;
    }

    private LineProcess running() {
        if (process == null) {
            throw new IllegalStateException("the engine does not run");
        }
        return process;
    }

    /** Takes the process away without a word to its peers. */
    void kill() {
        running().kill();
        past.addAll(running().seen());
        process = null;
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.close();
        }
    }
}
