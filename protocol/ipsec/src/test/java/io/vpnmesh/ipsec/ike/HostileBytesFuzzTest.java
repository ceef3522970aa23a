// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The doors of {@link HostileBytes} as targets of a fuzzer (docs/fuzzing.md). A build runs each with the valid traffic
 * and with the corpus that is committed beside it; {@code make fuzz} goes on from there.
 */
@Timeout(10) // for one input
class HostileBytesFuzzTest {

    private static final HostileBytes HOSTILE = new HostileBytes();
    private static final ValidTraffic VALID = new ValidTraffic(HOSTILE);

    static List<byte[]> ikeMessages() {
        return VALID.ikeMessages();
    }

    @MethodSource("ikeMessages")
    @FuzzTest
    void ikeMessage(byte[] data) {
        HOSTILE.ikeMessage(data);
    }

    static List<byte[]> chains() {
        return VALID.payloads();
    }

    @MethodSource("chains")
    @FuzzTest
    void payloads(byte[] data) {
        HOSTILE.payloads(data);
    }

    static List<byte[]> bodies() {
        return VALID.bodies();
    }

    @MethodSource("bodies")
    @FuzzTest
    void payload(byte[] data) {
        HOSTILE.payload(data);
    }

    static List<byte[]> redirects() {
        return VALID.redirects();
    }

    @MethodSource("redirects")
    @FuzzTest
    void redirect(byte[] data) {
        HOSTILE.redirect(data);
    }

    static List<byte[]> selectorLists() {
        return VALID.selectors();
    }

    @MethodSource("selectorLists")
    @FuzzTest
    void selectors(byte[] data) {
        HOSTILE.selectors(data);
    }

    static List<byte[]> fragmentLists() {
        return VALID.fragments();
    }

    @MethodSource("fragmentLists")
    @FuzzTest
    void fragments(byte[] data) {
        HOSTILE.fragments(data);
    }

    static List<byte[]> certificateChains() {
        return VALID.certificates();
    }

    @MethodSource("certificateChains")
    @FuzzTest
    void certificates(byte[] data) {
        HOSTILE.certificates(data);
    }

    static List<byte[]> espPackets() {
        return VALID.espPackets();
    }

    @MethodSource("espPackets")
    @FuzzTest
    void espPacket(byte[] data) {
        HOSTILE.espPacket(data);
    }

    static List<byte[]> sessions() {
        return VALID.sessions();
    }

    @MethodSource("sessions")
    @FuzzTest
    void session(byte[] data) {
        HOSTILE.session(data);
    }
}
