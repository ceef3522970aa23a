// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Keys, groups, ciphers and selectors that both sides can agree on. */
final class SuiteCells {

    private SuiteCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(
                Cell.both("ed25519-x25519", Setup.DEFAULT, "AES-GCM, SHA-256; data both ways", m -> m.meet("X25519"))
                        .stream()
                        .map(Cell::inSubset)
                        .toList());
        cells.addAll(
                Cell.both("ecdsa-p256", Setup.P256, "AES-GCM, SHA-384; data both ways", m -> m.meet("SECP256R1"))
                        .stream()
                        .map(Cell::inSubset)
                        .toList());
        cells.addAll(Cell.both(
                "ed25519-p256",
                Setup.DEFAULT.connection("proposals", "aes256gcm16-prfsha384-ecp256"),
                "the other group with the default keys",
                m -> m.meet("AES_256_GCM/PRF_HMAC_SHA384/SECP256R1")));
        cells.addAll(Cell.both(
                "chacha20-poly1305",
                Setup.DEFAULT
                        .connection("proposals", "chacha20poly1305-prfsha256-x25519")
                        .child("esp_proposals", "chacha20poly1305-noesn"),
                "for IKE and for ESP",
                m -> {
                    m.meet("CHACHA20_POLY1305/PRF_HMAC_SHA256/X25519");
                    assertThat(m.peer().status()).contains("ESP:CHACHA20_POLY1305");
                }));
        cells.add(Cell.of(
                "esn",
                Role.WE_INITIATE,
                Setup.DEFAULT.child("esp_proposals", "aes256gcm16-esn"),
                "we offer strangers no ESN: NO_PROPOSAL_CHOSEN",
                m -> assertThat(m.fail()).contains("NO_PROPOSAL_CHOSEN")));
        cells.add(Cell.of(
                "esn",
                Role.THEY_INITIATE,
                Setup.DEFAULT.child("esp_proposals", "aes256gcm16-esn,aes256gcm16-noesn"),
                "their libipsec has none: their failure, no SA of ours is left",
                SuiteCells::esnTheyCannotInstall));
        cells.add(Cell.of(
                        "narrowing",
                        Role.THEY_INITIATE,
                        Setup.DEFAULT.child("local_ts", "10.77.0.0/16").child("remote_ts", "10.77.0.0/16"),
                        "we cut what they ask for down to the certificates",
                        m -> {
                            m.meet();
                            assertThat(m.peer().status())
                                    .contains("10.77.0.1/32")
                                    .contains("10.77.0.2/32");
                        })
                .inSubset());
        cells.add(Cell.of(
                "narrowing",
                Role.WE_INITIATE,
                Setup.DEFAULT.engine("selectors.local", "10.77.0.0/24").engine("selectors.remote", "10.77.0.0/24"),
                "they cut what we ask for down to their configuration",
                m -> {
                    m.meet();
                    assertThat(m.peer().status()).contains("10.77.0.1/32").contains("10.77.0.2/32");
                }));
        cells.add(Cell.of(
                "selectors-apart",
                Role.WE_INITIATE,
                Setup.DEFAULT.engine("selectors.remote", "10.99.0.0/16"),
                "TS_UNACCEPTABLE",
                m -> assertThat(m.fail()).contains("TS_UNACCEPTABLE")));
        cells.add(Cell.of(
                "selectors-apart",
                Role.THEY_INITIATE,
                Setup.DEFAULT.child("remote_ts", "10.99.0.0/16"),
                "TS_UNACCEPTABLE, and the IKE SA stays",
                m -> {
                    assertThat(m.peerFails()).contains("TS_UNACCEPTABLE");
                    m.engine().await("established responder");
                    m.isAlive();
                }));
        return cells;
    }

    private static void esnTheyCannotInstall(Meeting meeting) throws IOException {
        meeting.peerFails();
        meeting.engine().await("established responder");
        meeting.peerLogs("ESN not supported");
        meeting.engine().await("child-removed");
    }
}
