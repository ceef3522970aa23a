// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LineLoggerTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    private final System.Logger logger = new LineLoggerFinder.LineLogger("io.vpnmesh.relay.Relay", true, out);

    private String text() {
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void eventIsOneLineEvenIfItsTextIsNot() {
        logger.log(System.Logger.Level.INFO, "event=up reason=\"two\nlines\"");

        assertThat(text()).matches("\\S+Z INFO Relay event=up reason=\"two lines\"\n");
    }

    @Test
    void exceptionStaysOnTheLine() {
        logger.log(
                System.Logger.Level.ERROR,
                "event=broken",
                new IllegalStateException("why", new RuntimeException("deep")));

        assertThat(text().strip().lines()).hasSize(1);
        assertThat(text())
                .contains("IllegalStateException: why")
                .contains("deep")
                .contains("LineLoggerTest.java:");
    }

    @Test
    void debugIsOffUntilAskedFor() {
        assertThat(logger.isLoggable(System.Logger.Level.DEBUG)).isFalse();
        LineLoggerFinder.setLevel(System.Logger.Level.DEBUG);
        try {
            assertThat(logger.isLoggable(System.Logger.Level.DEBUG)).isTrue();
        } finally {
            LineLoggerFinder.setLevel(System.Logger.Level.INFO);
        }
    }

    @Test
    void processUsesIt() {
        assertThat(System.getLogger("io.vpnmesh.anything").getClass()).isEqualTo(LineLoggerFinder.LineLogger.class);
    }
}
