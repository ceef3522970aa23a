// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** X25519 with ML-KEM-768 (RFC 9370, RFC 9242): agreed on, renewed, in fragments, and left out where one side has none. */
final class HybridCells {

    private static final String HYBRID = "aes256gcm16-prfsha256-x25519-ke1_mlkem768";
    private static final String CLASSIC = "aes256gcm16-prfsha256-x25519";
    /** As our status and theirs name the two. */
    private static final String WE_SEE_BOTH = "AES_256_GCM/PRF_HMAC_SHA256/X25519+ML_KEM_768";

    private static final String WE_SEE_ONE = "AES_256_GCM/PRF_HMAC_SHA256/X25519";
    private static final String THEY_SEE_BOTH = "AES_GCM_16-256/PRF_HMAC_SHA2_256/CURVE_25519/KE1_ML_KEM_768";

    private static final String THEY_SEE_BOTH_IN_ESP = "ESP:AES_GCM_16-256/CURVE_25519/KE1_ML_KEM_768";
    private static final String HYBRID_CHILD = "aes256gcm16-x25519-ke1_mlkem768-noesn";

    private static final Setup BOTH = Setup.DEFAULT.connection("proposals", HYBRID);
    private static final Setup WE_HAVE_NONE = Setup.DEFAULT.engine("hybrid", "false");
    private static final int COLLISIONS = 3;

    private HybridCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(agreed());
        cells.addAll(renewed());
        cells.addAll(leftOut());
        return cells;
    }

    private static List<Cell> agreed() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both("hybrid", BOTH, "ML-KEM-768 in IKE_INTERMEDIATE, both say so", m -> {
            meetHybrid(m);
            m.isAlive();
        }));
        cells.addAll(Cell.both("hybrid-p256-keys", hybridOf(Setup.P256), "P-256 with ML-KEM-768, ECDSA", m -> {
            m.meet("AES_256_GCM/PRF_HMAC_SHA384/SECP256R1+ML_KEM_768");
            assertThat(m.peer().status()).contains("ECP_256/KE1_ML_KEM_768");
        }));
        Setup small = BOTH.engine("fragment", "400").daemon("fragment_size", "400");
        cells.addAll(Cell.both("hybrid-fragments-400", small, "IKE_INTERMEDIATE in fragments each way", m -> {
            meetHybrid(m);
            assertThat(m.peer().log())
                    .contains("IKE_INTERMEDIATE request 1 [ EF(1/4) ]")
                    .contains("IKE_INTERMEDIATE response 1 [ EF(1/4) ]");
        }));
        cells.addAll(Cell.both("hybrid-fragment-lost", small, "one of its fragments lost each way; both repeat", m -> {
            m.net().loseOneLargerThan(m.net().theirs(), 340);
            m.net().loseOneLargerThan(m.net().ours(), 340);
            meetHybrid(m);
            assertThat(m.net().lost(m.net().theirs())).isOne();
            assertThat(m.net().lost(m.net().ours())).isOne();
            assertThat(m.peer().log()).contains("retransmit");
        }));
        return cells;
    }

    private static List<Cell> renewed() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both("hybrid-rekey-ike", BOTH, "IKE_FOLLOWUP_KE, by us and by them", m -> {
            meetHybrid(m);
            m.engine().say("rekey-ike");
            m.engine().await("ike-rekeyed");
            hasFollowedUp(m, "parsed IKE_FOLLOWUP_KE request", THEY_SEE_BOTH);
            m.peer().rekeyIke();
            m.engine().await("ike-rekeyed");
            hasFollowedUp(m, "generating IKE_FOLLOWUP_KE request", THEY_SEE_BOTH);
            m.isAlive();
        }));
        cells.addAll(renewedChildren());
        cells.addAll(Cell.both("hybrid-rekey-ike-at-once", BOTH, "both start; one IKE SA is left, hybrid", m -> {
            meetHybrid(m);
            for (int round = 0; round < COLLISIONS; round++) {
                m.engine().say("rekey-ike");
                m.peer().rekeyIke();
                m.engine().await("ike-rekeyed");
                m.pingBothWays();
            }
            assertThat(m.peer().status()).contains(THEY_SEE_BOTH);
            m.isAlive();
        }));
        return cells;
    }

    private static List<Cell> renewedChildren() {
        List<Cell> cells = new ArrayList<>();
        Setup demanded = BOTH.child("esp_proposals", HYBRID_CHILD);
        cells.addAll(Cell.both("hybrid-rekey-child", demanded, "demanded of each Child SA, by us and by them", m -> {
            meetHybrid(m);
            m.engine().say("rekey-child");
            m.engine().await("send-on");
            hasFollowedUp(m, "parsed IKE_FOLLOWUP_KE request", THEY_SEE_BOTH_IN_ESP);
            m.peer().rekeyChild();
            m.engine().await("send-on");
            hasFollowedUp(m, "generating IKE_FOLLOWUP_KE request", THEY_SEE_BOTH_IN_ESP);
            m.engine().say("rekey-child");
            m.engine().await("send-on");
            m.pingBothWays();
            assertThat(m.peer().log()).doesNotContain("NO_PROP");
            m.isAlive();
        }));
        cells.addAll(Cell.both(
                "hybrid-rekey-child-at-once", demanded, "both start; one Child SA is left, hybrid", m -> {
                    meetHybrid(m);
                    for (int round = 0; round < COLLISIONS; round++) {
                        m.engine().say("rekey-child");
                        m.peer().rekeyChild();
                        m.engine().await("send-on");
                        m.pingBothWays();
                    }
                    assertThat(m.peer().status()).contains(THEY_SEE_BOTH_IN_ESP);
                    m.isAlive();
                }));
        cells.addAll(Cell.both("hybrid-rekey-crossed", demanded, "we the Child SA, they the IKE SA, at once", m -> {
            meetHybrid(m);
            for (int round = 0; round < COLLISIONS; round++) {
                m.engine().say("rekey-child");
                m.peer().rekeyIke();
                m.engine().await("send-on");
                m.pingBothWays();
            }
            assertThat(m.peer().status()).contains(THEY_SEE_BOTH).contains(THEY_SEE_BOTH_IN_ESP);
            m.isAlive();
        }));
        Setup choice = BOTH.child("esp_proposals", "aes256gcm16-noesn," + HYBRID_CHILD);
        cells.addAll(Cell.both("hybrid-child-choice", choice, "ours offers all, they prefer the IKE SA's keys", m -> {
            meetHybrid(m);
            m.engine().say("rekey-child");
            m.engine().await("send-on");
            m.pingBothWays();
            assertThat(m.peer().log()).doesNotContain("IKE_FOLLOWUP_KE").doesNotContain("NO_PROP");
            m.isAlive();
        }));
        return cells;
    }

    private static List<Cell> leftOut() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both(
                "they-offer-none",
                Setup.DEFAULT.connection("proposals", CLASSIC),
                "X25519 alone, no IKE_INTERMEDIATE",
                HybridCells::meetClassic));
        cells.addAll(Cell.both(
                "we-offer-none",
                WE_HAVE_NONE.connection("proposals", HYBRID + "," + CLASSIC),
                "X25519 alone, no IKE_INTERMEDIATE",
                HybridCells::meetClassic));
        cells.addAll(Cell.both(
                "none-is-a-choice",
                WE_HAVE_NONE.connection("proposals", HYBRID + "-ke1_none"),
                "one proposal with ML-KEM-768 or NONE: X25519 alone",
                HybridCells::meetClassic));
        cells.addAll(Cell.both(
                "they-demand-it",
                WE_HAVE_NONE.connection("proposals", HYBRID),
                "NO_PROPOSAL_CHOSEN",
                m -> assertThat(m.role() == Role.WE_INITIATE ? m.fail() : m.peerFails())
                        .contains("NO_PROPOSAL_CHOSEN")));
        return cells;
    }

    private static Setup hybridOf(Setup setup) {
        return setup.connection("proposals", "aes256gcm16-prfsha384-ecp256-ke1_mlkem768");
    }

    private static void meetHybrid(Meeting meeting) throws IOException {
        meeting.meet(WE_SEE_BOTH);
        assertThat(meeting.peer().status()).contains(THEY_SEE_BOTH);
        assertThat(meeting.peer().log()).contains("IKE_INTERMEDIATE request 1");
    }

    private static void meetClassic(Meeting meeting) throws IOException {
        meeting.meet(WE_SEE_ONE);
        assertThat(meeting.peer().status()).contains("CURVE_25519").doesNotContain("KE1_");
        assertThat(meeting.peer().log()).doesNotContain("IKE_INTERMEDIATE request");
    }

    /** An SA was renewed by an exchange of its own for ML-KEM, which they log and list; data flows. */
    private static void hasFollowedUp(Meeting meeting, String logged, String listed) throws IOException {
        meeting.peerLogs(logged);
        meeting.pingBothWays();
        assertThat(meeting.peer().status()).contains(listed);
    }
}
