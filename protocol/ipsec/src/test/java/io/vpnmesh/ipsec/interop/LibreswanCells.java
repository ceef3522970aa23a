// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** What libreswan and we can agree on, and who refuses whom for which reason. */
final class LibreswanCells {

    private static final Setup P256 = LibreswanSetup.P256;
    private static final Setup X25519 = LibreswanSetup.X25519;

    private LibreswanCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(suites());
        cells.addAll(selectors());
        cells.addAll(refusals());
        return cells;
    }

    private static List<Cell> suites() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(
                Cell.both("ecdsa-p256", P256, "AES-GCM, SHA-384; data both ways", m -> meet(m, "SHA384/SECP256R1")));
        cells.addAll(
                Cell.both("x25519", X25519, "AES-GCM, SHA-256; ML-KEM passed over", m -> meet(m, "SHA256/X25519")));
        cells.addAll(Cell.both(
                "chacha20-poly1305",
                X25519.connection("ike", "chacha20_poly1305-sha2_256-dh31").child("esp", "chacha20_poly1305"),
                "for IKE and for ESP",
                m -> {
                    meet(m, "CHACHA20_POLY1305/PRF_HMAC_SHA256/X25519");
                    m.peerLogs("xfrm=CHACHA20_POLY1305");
                }));
        cells.add(Cell.of(
                "esn",
                Role.WE_INITIATE,
                P256.child("esn", "yes"),
                "we offer strangers no ESN: NO_PROPOSAL_CHOSEN",
                m -> assertThat(m.fail()).contains("NO_PROPOSAL_CHOSEN")));
        cells.add(Cell.of("esn", Role.THEY_INITIATE, P256.child("esn", "yes"), "extended sequence numbers", m -> {
            meet(m, "SECP256R1");
            m.peerLogs("ESN:YES");
        }));
        cells.add(Cell.of("esn-if-you-like", Role.THEY_INITIATE, P256.child("esn", "either"), "we take none", m -> {
            meet(m, "SECP256R1");
            assertThat(m.peer().log()).doesNotContain("ESN:YES}");
        }));
        cells.addAll(Cell.both("ed25519", P256.with(Chain.OUR_ED25519), "they have none: we do not sign", m -> {
            if (m.role() == Role.WE_INITIATE) {
                assertThat(m.fail()).contains("accepts no signature of our kind");
            } else {
                assertThat(m.peerFails()).contains("AUTHENTICATION_FAILED");
                assertThat(m.engine().await("failed")).contains("accepts no signature of our kind");
            }
        }));
        return cells;
    }

    private static List<Cell> selectors() {
        List<Cell> cells = new ArrayList<>();
        cells.add(Cell.of(
                "narrowing",
                Role.THEY_INITIATE,
                P256.child("rightsubnet", "10.77.0.0/16").child("narrowing", "yes"),
                "we cut what they ask for down to the certificates",
                m -> {
                    meet(m, "SECP256R1");
                    m.peerLogs("[10.77.0.2/32===10.77.0.1/32]");
                }));
        cells.add(Cell.of(
                "narrowing",
                Role.WE_INITIATE,
                P256.child("narrowing", "yes")
                        .engine("selectors.local", "10.77.0.0/24")
                        .engine("selectors.remote", "10.77.0.0/24"),
                "they cut what we ask for down to their configuration",
                m -> {
                    meet(m, "SECP256R1");
                    m.peerLogs("[10.77.0.2/32===10.77.0.1/32]");
                }));
        cells.add(Cell.of(
                "selectors-apart",
                Role.WE_INITIATE,
                P256.engine("selectors.remote", "10.99.0.0/16"),
                "TS_UNACCEPTABLE",
                m -> assertThat(m.fail()).contains("TS_UNACCEPTABLE")));
        cells.add(Cell.of(
                "selectors-apart",
                Role.THEY_INITIATE,
                P256.child("rightsubnet", "10.99.0.0/16"),
                "TS_UNACCEPTABLE, and the IKE SA stays",
                m -> {
                    m.peer().initiate(); // which it calls a success, since it goes on trying
                    m.peerLogs("rejected Child SA with TS_UNACCEPTABLE");
                    m.engine().await("established responder");
                    m.isAlive();
                }));
        return cells;
    }

    private static List<Cell> refusals() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(theyRefuse("our-ca-wrong", Chain.OUR_STRANGER, "IPsec certificate CN=vpnmesh root"));
        cells.addAll(weRefuse("their-ca-wrong", Chain.THEIR_STRANGER, "not known here"));
        cells.addAll(theyRefuse("our-leaf-expired", Chain.OUR_EXPIRED, "SEC_ERROR_EXPIRED_CERTIFICATE"));
        cells.addAll(theyRefuse("our-name-outside", Chain.OUR_NAME_OUTSIDE, "IPsec certificate CN=vpnmesh cluster"));
        cells.addAll(weRefuse("their-name-outside", Chain.THEIR_NAME_OUTSIDE, "signed a name of"));
        cells.addAll(Cell.both(
                "we-are-another", P256.expectsOfUs(Identities.dnsName(9)), "they refuse: another identity", m -> {
                    theyRefuse(m);
                    m.peerLogs(m.role() == Role.WE_INITIATE ? "AUTHENTICATION_FAILED" : "does not match ID_FQDN");
                    assertThat(m.peer().log()).doesNotContain("NSS: ERROR");
                }));
        cells.add(Cell.of(
                "they-are-another",
                Role.WE_INITIATE,
                P256.engine("peer.node", Identities.node(9).toString()),
                "we refuse: another node than expected",
                m -> assertThat(m.fail()).contains("expected " + Identities.node(9))));
        cells.addAll(Cell.both(
                "no-common-proposal", P256.connection("ike", "aes128-sha2_256-dh15"), "NO_PROPOSAL_CHOSEN", m -> {
                    assertThat(m.role() == Role.WE_INITIATE ? m.fail() : m.peerFails())
                            .contains("NO_PROPOSAL_CHOSEN");
                }));
        return cells;
    }

    /** @param reason what they log about it */
    private static List<Cell> theyRefuse(String name, Chain chain, String reason) {
        return Cell.both(name, P256.with(chain), "they refuse: " + reason, m -> {
            theyRefuse(m);
            m.peerLogs(reason);
        });
    }

    private static void theyRefuse(Meeting meeting) throws IOException {
        if (meeting.role() == Role.WE_INITIATE) {
            assertThat(meeting.fail()).contains("AUTHENTICATION_FAILED");
        } else {
            LibreswanSetup.theyTry(meeting);
        }
    }

    /**
     * They pass over AUTHENTICATION_FAILED when it does not come as an answer (RFC 7296 section 2.21.2), and find out
     * because nobody is there.
     *
     * @param reason what we say about it
     */
    private static List<Cell> weRefuse(String name, Chain chain, String reason) {
        Setup setup = P256.with(chain).connection("dpddelay", "1").connection("retransmit-timeout", "2");
        return Cell.both(name, setup, "we refuse: " + reason, m -> {
            assertThat(m.fail()).contains(reason);
            m.peerLogs(m.role() == Role.WE_INITIATE ? "second timeout exceeded" : "AUTHENTICATION_FAILED");
        });
    }

    private static void meet(Meeting meeting, String suite) throws IOException {
        meeting.meet(suite);
        LibreswanSetup.agree(meeting);
    }
}
