// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** New keys for Child SAs and IKE SAs, started by either side and by both, and the end of them. */
final class RekeyCells {

    private static final int COLLISIONS = 3;

    private RekeyCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both("rekey-each-side", Setup.DEFAULT, "Child SA and IKE SA, by us and by them", m -> {
                    m.meet();
                    weRekeyChild(m);
                    theyRekeyChild(m);
                    weRekeyIke(m);
                    theyRekeyIke(m);
                    weRekeyChild(m);
                    m.isAlive();
                })
                .stream()
                .map(Cell::inSubset)
                .toList());
        cells.addAll(Cell.both(
                "rekey-pfs",
                Setup.DEFAULT.child("esp_proposals", "aes256gcm16-x25519-noesn"),
                "Child SAs with a key exchange of their own",
                m -> {
                    m.meet();
                    theyRekeyChild(m);
                    weRekeyChild(m);
                    assertThat(m.peer().status()).contains("ESP:AES_GCM_16-256/CURVE_25519");
                    assertThat(m.peer().log()).doesNotContain("NO_PROP");
                    m.isAlive();
                }));
        cells.addAll(Cell.both(
                "rekey-pfs-group",
                Setup.DEFAULT.child("esp_proposals", "aes256gcm16-ecp256-noesn"),
                "they want another group for Child SAs than for the IKE SA",
                m -> {
                    m.meet();
                    weRekeyChild(m);
                    assertThat(m.peer().status()).contains("ESP:AES_GCM_16-256/ECP_256");
                    assertThat(m.peer().log()).contains("INVAL_KE");
                    theyRekeyChild(m);
                    m.isAlive();
                }));
        cells.addAll(Cell.both("rekey-child-at-once", Setup.DEFAULT, "both start; one Child SA is left", m -> {
            m.meet();
            for (int round = 0; round < COLLISIONS; round++) {
                m.engine().say("rekey-child");
                m.peer().rekeyChild();
                m.engine().await("send-on");
                m.pingBothWays();
            }
            m.isAlive();
        }));
        cells.addAll(Cell.both("rekey-ike-at-once", Setup.DEFAULT, "both start; one IKE SA is left", m -> {
            m.meet();
            for (int round = 0; round < COLLISIONS; round++) {
                m.engine().say("rekey-ike");
                m.peer().rekeyIke();
                m.engine().await("ike-rekeyed");
                m.pingBothWays();
            }
            m.isAlive();
        }));
        cells.addAll(Cell.both("rekey-crossed", Setup.DEFAULT, "we the IKE SA, they the Child SA, at once", m -> {
            m.meet();
            for (int round = 0; round < COLLISIONS; round++) {
                m.engine().say("rekey-ike");
                m.peer().rekeyChild();
                m.engine().await("ike-rekeyed");
                m.pingBothWays();
            }
            m.isAlive();
        }));
        cells.addAll(Cell.both("delete-by-us", Setup.DEFAULT, "nothing is left with them", m -> {
                    m.meet();
                    m.engine().say("close");
                    m.engine().await("closed asked");
                    assertThat(m.peer().status()).doesNotContain("ESTABLISHED");
                })
                .stream()
                .map(Cell::inSubset)
                .toList());
        cells.addAll(Cell.both("delete-by-them", Setup.DEFAULT, "nothing is left with us; they come back", m -> {
            m.meet();
            m.peer().terminate();
            m.engine().await("closed deleted by the peer");
            m.peer().initiate();
            m.engine().await("send-on");
            m.pingBothWays();
        }));
        cells.addAll(Cell.both("delete-child-by-them", Setup.DEFAULT, "the IKE SA stays and carries another", m -> {
            m.meet();
            m.peer().terminateChild();
            m.engine().await("child-removed");
            m.isAlive();
            m.peer().initiate();
            m.engine().await("send-on");
            m.pingBothWays();
        }));
        return cells;
    }

    private static void weRekeyChild(Meeting meeting) throws IOException {
        meeting.engine().say("rekey-child");
        meeting.engine().await("send-on");
        meeting.pingBothWays();
    }

    private static void theyRekeyChild(Meeting meeting) throws IOException {
        meeting.peer().rekeyChild();
        meeting.engine().await("send-on");
        meeting.pingBothWays();
    }

    private static void weRekeyIke(Meeting meeting) throws IOException {
        meeting.engine().say("rekey-ike");
        meeting.engine().await("ike-rekeyed");
        meeting.pingBothWays();
    }

    private static void theyRekeyIke(Meeting meeting) throws IOException {
        meeting.peer().rekeyIke();
        meeting.engine().await("ike-rekeyed");
        meeting.pingBothWays();
    }
}
