// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Chains of our own authority, good and bad: who refuses whom, and for which reason. */
final class RefusalCells {

    private RefusalCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both("chain", Setup.DEFAULT, "they check our intermediate's name constraints", m -> {
            m.meet();
            assertThat(m.peer().log())
                    .contains("using untrusted intermediate certificate")
                    .contains("reached self-signed root ca with a path length of 1");
        }));
        cells.addAll(theyRefuse("our-ca-wrong", Chain.OUR_STRANGER, "no trusted", true));
        cells.addAll(weRefuse("their-ca-wrong", Chain.THEIR_STRANGER, "not known here", true));
        cells.addAll(theyRefuse("our-leaf-expired", Chain.OUR_EXPIRED, "certificate invalid", false));
        cells.addAll(weRefuse("their-leaf-expired", Chain.THEIR_EXPIRED, "expired at", false));
        cells.addAll(theyRefuse(
                "our-name-outside", Chain.OUR_NAME_OUTSIDE, "does not match permitted name constraint", false));
        cells.addAll(weRefuse("their-name-outside", Chain.THEIR_NAME_OUTSIDE, "signed a name of", false));
        Setup another = Setup.DEFAULT.expectsOfUs(Identities.dnsName(9));
        cells.add(Cell.of("we-are-another", Role.WE_INITIATE, another, "they refuse: no connection for us", m -> {
            assertThat(m.fail()).contains("AUTHENTICATION_FAILED");
            m.peerLogs("no matching peer config found");
        }));
        cells.add(Cell.of("we-are-another", Role.THEY_INITIATE, another, "they refuse: constraint check failed", m -> {
            m.peerFails();
            m.engine().await("closed");
            m.peerLogs("constraint check failed");
        }));
        cells.add(Cell.of(
                "they-are-another",
                Role.WE_INITIATE,
                Setup.DEFAULT.engine("peer.node", Identities.node(9).toString()),
                "we refuse: another node than expected",
                m -> assertThat(m.fail()).contains("expected " + Identities.node(9))));
        cells.addAll(Cell.both(
                "no-common-proposal",
                Setup.DEFAULT.connection("proposals", "aes128-sha256-modp3072"),
                "NO_PROPOSAL_CHOSEN",
                RefusalCells::noProposal));
        return cells;
    }

    /** @param reason what they log about it */
    private static List<Cell> theyRefuse(String name, Chain chain, String reason, boolean isInSubset) {
        return subset(
                Cell.both(name, Setup.DEFAULT.with(chain), "they refuse: " + reason, m -> {
                    if (m.role() == Role.WE_INITIATE) {
                        assertThat(m.fail()).contains("AUTHENTICATION_FAILED");
                    } else {
                        m.peerFails();
                        m.engine().await("closed");
                    }
                    m.peerLogs(reason);
                }),
                isInSubset);
    }

    /** @param reason what we say about it */
    private static List<Cell> weRefuse(String name, Chain chain, String reason, boolean isInSubset) {
        return subset(
                Cell.both(name, Setup.DEFAULT.with(chain), "we refuse: " + reason, m -> {
                    assertThat(m.fail()).contains(reason);
                    m.peerLogs("AUTH_FAILED");
                }),
                isInSubset);
    }

    private static List<Cell> subset(List<Cell> cells, boolean isInSubset) {
        return isInSubset ? cells.stream().map(Cell::inSubset).toList() : cells;
    }

    private static void noProposal(Meeting meeting) throws IOException {
        if (meeting.role() == Role.WE_INITIATE) {
            assertThat(meeting.fail()).contains("NO_PROPOSAL_CHOSEN");
        } else {
            assertThat(meeting.peerFails()).contains("NO_PROPOSAL_CHOSEN");
        }
    }
}
