// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
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
}
