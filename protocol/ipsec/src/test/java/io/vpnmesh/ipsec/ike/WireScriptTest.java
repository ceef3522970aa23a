// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every exchange and every collision as the RFC draws them: the stories in {@code scripts/}. */
class WireScriptTest {

    private static final TestMesh MESH = TestMesh.repeatable();

    /** One story and the ways to tell it. */
    record Told(String file, WireScript script, boolean startedByB) {

        void run(Transitions transitions) {
            new WireScriptRun(MESH, script, startedByB, transitions).run();
        }

        String name() {
            return script.title() + (startedByB ? ", in a session of B's making" : "");
        }
    }

    static List<Told> all() {
        List<Told> all = new ArrayList<>();
        for (Path file : files()) {
            for (WireScript script : WireScript.parse(read(file))) {
                all.add(new Told(file.getFileName().toString(), script, false));
                if (script.steps().contains("A and B have a session")) {
                    all.add(new Told(file.getFileName().toString(), script, true));
                }
            }
        }
        return all;
    }

    private static List<Path> files() {
        try {
            Path folder = Path.of(Objects.requireNonNull(WireScriptTest.class.getResource("scripts"))
                    .toURI());
            try (Stream<Path> files = Files.list(folder)) {
                return files.sorted().toList();
            }
        } catch (IOException | URISyntaxException e) {
            throw new IllegalStateException("the scripts lie beside this class", e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TestFactory
    Stream<DynamicNode> scripts() {
        List<Told> all = all();
        return all.stream()
                .map(Told::file)
                .distinct()
                .map(file -> dynamicContainer(
                        file,
                        all.stream()
                                .filter(told -> told.file.equals(file))
                                .map(told -> dynamicTest(told.name(), () -> told.run(new Transitions())))));
    }

    /** What a script says is checked, not only told. */
    @Test
    void aWrongStoryFails() {
        String story = "== wrong\nA connects to B\nA --> B  IKE_SA_INIT request: SA KE Ni AUTH\n";

        assertThat(failureOf(story)).contains("A says  IKE_SA_INIT request: SA KE Ni");
        assertThat(failureOf("== wrong\nA dances\n")).contains("not a step");
        assertThat(failureOf("== wrong\nA connects to B\n")).contains("nothing is in the air");
        assertThat(failureOf("== wrong\nA and B have a session\nA has IKE SA 2, Child SA 1, sends on 1\n"))
                .contains("IKE SA 1, Child SA 1, sends on 1");
    }

    private static String failureOf(String story) {
        try {
            new WireScriptRun(MESH, WireScript.parse(story).getFirst(), false, new Transitions()).run();
            return "";
        } catch (AssertionError e) {
            return String.valueOf(e.getMessage());
        }
    }
}
