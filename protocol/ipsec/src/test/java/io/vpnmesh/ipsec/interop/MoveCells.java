// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Either end comes from somewhere else in the middle of a transfer. */
final class MoveCells {

    /** Of a hundred echo requests: the peer learns of a move from IKE alone, so what comes before is lost. */
    private static final int MOST = 60;

    private static final Setup MOBIKE =
            Setup.DEFAULT.connection("mobike", "yes").connection("dpd_delay", "1");

    private MoveCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.add(Cell.of(
                        "nat-rebinds",
                        Role.WE_INITIATE,
                        Setup.DEFAULT.with(Wiring.WE_BEHIND_NAT),
                        "we get another port; they follow our next IKE message",
                        m -> {
                            m.meet();
                            m.whilePinging(MOST, () -> {
                                m.net().rebind();
                                m.engine().say("live");
                                m.engine().await("alive");
                            });
                            m.pingBothWays();
                        })
                .inSubset());
        cells.add(Cell.of(
                "nat-rebinds",
                Role.THEY_INITIATE,
                Setup.DEFAULT.with(Wiring.THEY_BEHIND_NAT).connection("dpd_delay", "1"),
                "they get another port; we follow their next IKE message",
                m -> {
                    m.meet();
                    m.whilePinging(MOST, () -> {
                        m.net().rebind();
                        m.engine().await("peer-moved");
                    });
                    m.pingBothWays();
                }));
        cells.add(Cell.of(
                "mobike", Role.WE_INITIATE, MOBIKE, "we move; UPDATE_SA_ADDRESSES with COOKIE2", MoveCells::weMove));
        cells.add(Cell.of(
                        "mobike",
                        Role.THEY_INITIATE,
                        MOBIKE,
                        "they move; UPDATE_SA_ADDRESSES, their COOKIE2 comes back",
                        m -> {
                            m.meet();
                            m.whilePinging(MOST, () -> {
                                m.net().renumber(m.net().theirs(), LabNet.THEIRS, "192.0.2.9");
                                m.engine().await("peer-moved");
                            });
                            m.peerLogs("N(UPD_SA_ADDR)");
                            m.peerLogs("N(COOKIE2)");
                            m.pingBothWays();
                            m.isAlive();
                        })
                .inSubset());
        return cells;
    }

    private static void weMove(Meeting meeting) throws IOException {
        meeting.meet();
        meeting.whilePinging(MOST, () -> {
            meeting.net().renumber(meeting.net().ours(), LabNet.OURS, "192.0.2.8");
            meeting.engine().say("move 192.0.2.8:4500");
            meeting.engine().await("peer-moved");
        });
        meeting.peerLogs("N(UPD_SA_ADDR)");
        meeting.pingBothWays();
        meeting.isAlive();
    }
}
