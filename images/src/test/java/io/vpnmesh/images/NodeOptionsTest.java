// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class NodeOptionsTest {

    /** The JVM says nothing of a name that fits no class: a package that moves would grow cold. */
    @Test
    void packetCodeIsWhatARunLoads() throws IOException {
        Set<String> loaded = new HashSet<>();
        for (String node : new String[] {"sidecar", "relay"}) {
            loaded.addAll(Files.readAllLines(Path.of("src/main/classes", node + ".lst")));
        }
        for (String beginning : NodeOptions.PACKET_CODE) {
            assertThat(loaded).as(beginning).anyMatch(name -> name.startsWith(beginning.replace('.', '/')));
        }
    }

    @Test
    void controlCodeIsWhatWaits() throws IOException {
        for (String name : Files.readAllLines(Path.of("src/main/classes/sidecar.lst"))) {
            if (name.startsWith("io/vpnmesh/sidecar/") && name.indexOf('/', "io/vpnmesh/sidecar/".length()) > 0) {
                boolean waits = name.startsWith(NodeOptions.CONTROL_CODE.replace('.', '/'));
                assertThat(waits).as(name).isEqualTo(name.matches("io/vpnmesh/sidecar/(session|setup|status)/.*"));
            }
        }
        assertThat(NodeOptions.list("relay"))
                .noneMatch(option -> option.contains("CompileThresholdScaling,io.vpnmesh.sidecar"));
        assertThat(NodeOptions.list("sidecar"))
                .noneMatch(option -> option.contains("CompileThresholdScaling,io.vpnmesh.relay"));
    }

    /** Nor of a method that is not there any more: its caller would grow to a piece too large for the pod's memory. */
    @Test
    void seamsAreMethods() throws IOException {
        for (String seam : NodeOptions.SEAMS) {
            String[] words = seam.split("::");
            String file = "src/main/java/" + words[0].replace('.', '/') + ".java";
            Path source = Stream.of("protocol/ipsec", "sidecar", "transport")
                    .map(module -> Path.of("..", module, file))
                    .filter(Files::exists)
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(words[0] + " is nowhere"));
            assertThat(Files.readString(source)).as(seam).contains(" " + words[1] + "(");
        }
    }
}
