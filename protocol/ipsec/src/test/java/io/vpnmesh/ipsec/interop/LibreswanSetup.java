// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.SuiteName;
import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How cells with libreswan are set up, and what both sides must say in the end. */
final class LibreswanSetup {

    /** ECDSA and P-256 with AES-GCM over a cable: libreswan has no Ed25519. */
    static final Setup P256 = new Setup(SuiteName.FIPS, Chain.GOOD, Wiring.CABLE, Map.of(), Libreswan.SETTINGS);

    /** The same certificates with the mesh's default algorithms. */
    static final Setup X25519 = P256.engine("suite", "DEFAULT").connection("ike", "aes_gcm256-sha2_256-dh31");

    private static final Pattern SENDING = Pattern.compile("send-on in (\\p{XDigit}{8}) out (\\p{XDigit}{8})");

    private LibreswanSetup() {}

    /**
     * Both sides have one IKE SA and one pair of ESP SAs, the same; data flows over it; and it is alive. What a rekey has
     * replaced may take a moment to go.
     */
    static void agree(Meeting meeting) throws IOException {
        agree(meeting, 1);
    }

    /** @param ikeSas how many they have, of which one is ours too */
    static void agree(Meeting meeting, int ikeSas) throws IOException {
        agree(meeting, ikeSas, () -> 1);
    }

    /** A number that is read anew whenever they are asked. */
    interface Count {
        int now() throws IOException;
    }

    /** @param childSas how many they have, of which one is what we send on */
    static void agree(Meeting meeting, int ikeSas, Count childSas) throws IOException {
        meeting.pingBothWays();
        Matcher spis = sending(meeting);
        Eventually.within(
                Engine.SOON,
                () -> {
                    String status = meeting.peer().status();
                    return count(status, "(established IKE SA)") == ikeSas
                            && count(status, "(established Child SA)") == childSas.now()
                            && status.contains("esp." + shown(spis.group(1)) + "@")
                            && status.contains("esp." + shown(spis.group(2)) + "@");
                },
                () -> "we have " + spis.group() + ", they have " + status(meeting));
        meeting.engine().say("live");
        meeting.engine().await("alive");
    }

    /** The pair of SPIs that we have named last to send on: inbound, outbound. */
    static Matcher sending(Meeting meeting) {
        String last = meeting.engine().seen().stream()
                .filter(line -> line.startsWith("send-on"))
                .toList()
                .getLast();
        Matcher spis = SENDING.matcher(last);
        assertThat(spis.matches()).as(last).isTrue();
        return spis;
    }

    /** They start. It comes to nothing, which their log must tell: libreswan calls it a failure or not. */
    static void theyTry(Meeting meeting) throws IOException {
        try {
            meeting.peer().initiate();
        } catch (IllegalStateException e) {
            // as it should be
        }
    }

    /** As libreswan writes an SPI: without zeros in front. */
    static String shown(String spi) {
        return Integer.toHexString(Integer.parseUnsignedInt(spi, 16));
    }

    private static int count(String text, String word) {
        return text.split(word, -1).length - 1;
    }

    private static String status(Meeting meeting) {
        try {
            return meeting.peer().status();
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** How often they have logged something. */
    static int logged(Meeting meeting, String text) throws IOException {
        return count(meeting.peer().log(), text);
    }

    /** They have no SA with us any more. */
    static void theyHaveNothing(Meeting meeting) throws IOException {
        Eventually.within(
                Engine.SOON,
                () -> !meeting.peer().status().contains("(established "),
                () -> "they still have " + status(meeting));
    }
}
