// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Who is there, who is gone, and who comes back. */
final class LivenessCells {

    private LivenessCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both(
                "dead-peer-detection", Setup.DEFAULT.connection("dpd_delay", "1"), "each asks and each answers", m -> {
                    m.meet();
                    m.isAlive();
                    m.peerLogs("sending DPD request");
                    m.pingBothWays();
                    assertThat(m.peer().log()).doesNotContain("giving up");
                }));
        cells.addAll(Cell.both(
                "they-are-killed",
                Setup.DEFAULT.engine("retransmit.ms", "100"),
                "we notice, and welcome them back",
                m -> {
                    m.meet();
                    m.peer().kill();
                    m.engine().say("live");
                    m.engine().await("closed the peer does not answer", Duration.ofSeconds(20));
                    m.peer().start();
                    m.meet();
                }));
        cells.addAll(Cell.both(
                "we-are-killed", Setup.DEFAULT.connection("dpd_delay", "1"), "they notice, and welcome us back", m -> {
                    m.meet();
                    m.engine().kill();
                    m.peerLogs("giving up after 3 retransmits");
                    m.engine().start();
                    m.meet();
                }));
        cells.add(Cell.of(
                        "we-are-killed-and-quick",
                        Role.WE_INITIATE,
                        Setup.DEFAULT,
                        "INITIAL_CONTACT replaces the SA that they still have",
                        m -> {
                            m.meet();
                            m.engine().kill();
                            m.engine().start();
                            m.meet();
                            Eventually.within(
                                    Engine.SOON,
                                    () -> m.peer().status().split("ESTABLISHED", -1).length == 2,
                                    () -> "they have not one IKE SA");
                        })
                .inSubset());
        cells.add(Cell.of(
                "they-are-killed-and-quick",
                Role.THEY_INITIATE,
                Setup.DEFAULT,
                "their INITIAL_CONTACT replaces the SA that we still have",
                m -> {
                    m.meet();
                    m.peer().kill();
                    m.peer().start();
                    m.meet();
                    m.engine().say("live");
                    m.engine().await("alive");
                }));
        return cells;
    }
}
