// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.transport.setup.SetupException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlaceSourceTest {

    @TempDir
    private Path folder;

    private final PlaceSource source = new PlaceSource(InstantSource.system());

    @Test
    void anOperatorThatCannotBeReachedIsNamedWithThePolicyToAllow() {
        ControlSource operator = new ControlSource.Operator(
                URI.create("https://192.0.2.1:443"),
                "vpnmesh-operator.vpnmesh.svc",
                folder.resolve("token"),
                folder.resolve("no-ca.crt"));

        assertThatThrownBy(() -> source.find(operator, Duration.ZERO))
                .isInstanceOf(SetupException.class)
                .hasMessageContaining("https://192.0.2.1:443")
                .hasMessageContaining("NetworkPolicy")
                .hasMessageContaining("TCP 8443")
                .hasMessageContaining("vpnmesh-operator.vpnmesh.svc");
    }

    @Test
    void aMissingIdentityIsNamed() {
        ControlSource files = new ControlSource.Files(folder.resolve("identity"), folder.resolve("feed.jsonl"));

        assertThatThrownBy(() -> source.find(files, Duration.ZERO))
                .isInstanceOf(SetupException.class)
                .hasMessageContaining("identity")
                .hasMessageContaining("key.pem");
    }
}
