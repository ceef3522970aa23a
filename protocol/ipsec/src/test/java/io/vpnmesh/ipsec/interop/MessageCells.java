// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Fragments, cookies, other groups than the first, payloads that nobody knows, a start without a Child SA. */
final class MessageCells {

    private MessageCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        for (int bytes : List.of(400, 1280)) {
            cells.addAll(Cell.both(
                    "fragments-" + bytes,
                    Setup.DEFAULT.engine("fragment", "" + bytes).daemon("fragment_size", "" + bytes),
                    "IKE_AUTH in fragments",
                    m -> {
                        m.meet();
                        assertThat(m.peer().log()).contains("EF(1/");
                    }));
            cells.addAll(Cell.both(
                    "fragment-lost-" + bytes,
                    Setup.DEFAULT.engine("fragment", "" + bytes).daemon("fragment_size", "" + bytes),
                    "one fragment each way is lost; both repeat",
                    m -> losesAFragment(m, bytes)));
        }
        cells.add(Cell.of(
                "cookie",
                Role.WE_INITIATE,
                Setup.DEFAULT.daemon("cookie_threshold", "2"),
                "they ask for a cookie, we bring it",
                m -> {
                    m.engine().say("half-open 3");
                    m.peerLogs("N(COOKIE)");
                    m.meet();
                    m.peerLogs("[ N(COOKIE) SA KE");
                }));
        cells.add(Cell.of(
                        "cookie",
                        Role.THEY_INITIATE,
                        Setup.DEFAULT.engine("cookies", "0"),
                        "we ask for a cookie, they bring it",
                        m -> {
                            m.meet();
                            m.peerLogs("[ N(COOKIE) SA KE");
                        })
                .inSubset());
        cells.add(Cell.of(
                        "invalid-ke",
                        Role.WE_INITIATE,
                        Setup.DEFAULT.connection("proposals", "aes256gcm16-prfsha256-ecp256"),
                        "they ask for P-256, our second try has it",
                        m -> {
                            m.meet("SECP256R1");
                            m.peerLogs("N(INVAL_KE)");
                        })
                .inSubset());
        cells.add(Cell.of(
                "invalid-ke",
                Role.THEY_INITIATE,
                Setup.DEFAULT.connection("proposals", "aes256gcm16-prfsha384-ecp384-x25519"),
                "we ask for X25519, their second try has it",
                m -> {
                    m.meet("X25519");
                    m.peerLogs("N(INVAL_KE)");
                }));
        cells.add(Cell.of(
                "childless",
                Role.THEY_INITIATE,
                Setup.DEFAULT.connection("childless", "force"),
                "IKE_AUTH alone, then CREATE_CHILD_SA",
                m -> {
                    m.meet();
                    m.peerLogs("generating CREATE_CHILD_SA request");
                }));
        cells.add(Cell.of(
                "childless",
                Role.WE_INITIATE,
                Setup.DEFAULT.engine("selectors.local", "").engine("selectors.remote", ""),
                "IKE_AUTH alone; the Child SA is theirs to start",
                m -> {
                    m.engine().say("connect");
                    m.engine().await("established initiator");
                    m.peer().initiate();
                    m.engine().await("send-on");
                    m.pingBothWays();
                }));
        cells.add(Cell.of(
                "critical-payload",
                Role.WE_INITIATE,
                Setup.DEFAULT,
                "they answer UNSUPPORTED_CRITICAL_PAYLOAD with its type",
                m -> probes(m, m.net().ours(), LabNet.THEIRS)));
        cells.add(Cell.of(
                "critical-payload",
                Role.THEY_INITIATE,
                Setup.DEFAULT,
                "we answer the same to a message made for it",
                m -> probes(m, m.net().theirs(), LabNet.OURS)));
        return cells;
    }

    private static void losesAFragment(Meeting meeting, int bytes) throws IOException {
        int nearly = bytes - 60;
        meeting.net().loseOneLargerThan(meeting.net().theirs(), nearly);
        meeting.net().loseOneLargerThan(meeting.net().ours(), nearly);
        meeting.meet();
        assertThat(meeting.net().lost(meeting.net().theirs())).isOne();
        // Who starts against us has not seen the intermediate yet and shows a leaf alone, which one large message
        // holds.
        if (bytes < 1000 || meeting.role() == Role.WE_INITIATE) {
            assertThat(meeting.net().lost(meeting.net().ours())).isOne();
        }
        meeting.isAlive();
    }

    static void probes(Meeting meeting, String from, String to) throws IOException {
        try (LineProcess probe = new LineProcess(Engine.command(from, CriticalProbe.class, to), Map.of())) {
            assertThat(probe.await("answer", Duration.ofSeconds(10)))
                    .isEqualTo("answer UNSUPPORTED_CRITICAL_PAYLOAD " + CriticalProbe.UNKNOWN_TYPE);
        }
        meeting.meet(); // and nothing has come of it
    }
}
