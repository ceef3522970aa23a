// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import static io.vpnmesh.ipsec.interop.LibreswanSetup.agree;
import static io.vpnmesh.ipsec.interop.LibreswanSetup.logged;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** libreswan and we after the first exchange and around it: new keys, ends, restarts, moves, odd messages. */
final class LibreswanExchangeCells {

    private static final Setup P256 = LibreswanSetup.P256;
    private static final Setup X25519 = LibreswanSetup.X25519;
    private static final int COLLISIONS = 2;
    /** What libreswan 5.2 says when it has answered our rekey of the IKE SA before we its own: then it deletes neither. */
    private static final String THEIR_FAULT = "EXPECTATION FAILED: ike->sa.st_serialno == larval_ike";

    /**
     * Their own rekey of a Child SA has come about. They never compare nonces (RFC 7296 section 2.8.1), so it stays when ours
     * has come about too and wins.
     */
    private static final String THEY_HAVE_REKEYED = "initiator rekeyed Child SA";

    private static final String THEIR_REKEY = "sent CREATE_CHILD_SA request to rekey";
    private static final String NOTHING_ARRIVES = """
            table ip cut {
              chain pre { type filter hook prerouting priority raw
                meta l4proto udp drop
              }
            }
            """;

    private LibreswanExchangeCells() {}

    static List<Cell> cells() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(rekeys());
        cells.addAll(ends());
        cells.addAll(liveness());
        cells.addAll(moves());
        cells.addAll(messages());
        return cells;
    }

    private static List<Cell> rekeys() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both("rekey-each-side", X25519, "Child SA and IKE SA, by us and by them", m -> {
            m.meet();
            ourRekey(m, "rekey-child", "send-on");
            theirRekey(m, m.peer()::rekeyChild, "send-on");
            ourRekey(m, "rekey-ike", "ike-rekeyed");
            theirRekey(m, m.peer()::rekeyIke, "ike-rekeyed");
            ourRekey(m, "rekey-child", "send-on");
            theirRekey(m, m.peer()::rekeyChild, "send-on");
            m.isAlive();
        }));
        cells.addAll(
                Cell.both("rekey-pfs", X25519.child("pfs", "yes"), "Child SAs with a key exchange of their own", m -> {
                    m.meet();
                    theirRekey(m, m.peer()::rekeyChild, "send-on");
                    ourRekey(m, "rekey-child", "send-on"); // refused without a key exchange, so tried again with one
                    m.peerLogs("rekeyed Child SA");
                    m.peerLogs("xfrm=AES_GCM_16_256-NONE-DH31");
                }));
        cells.addAll(atOnce(
                "rekey-child-at-once", "both start; one Child SA is left", "rekey-child", "--rekey-child", "send-on"));
        cells.addAll(atOnce(
                "rekey-ike-at-once", "both start; one IKE SA is left", "rekey-ike", "--rekey-ike", "ike-rekeyed"));
        cells.addAll(atOnce(
                "rekey-crossed",
                "we the IKE SA, they the Child SA, at once",
                "rekey-ike",
                "--rekey-child",
                "ike-rekeyed"));
        return cells;
    }

    private static List<Cell> atOnce(String name, String must, String ours, String theirs, String event) {
        return Cell.both(name, X25519, must, m -> {
            m.meet();
            for (int round = 0; round < COLLISIONS; round++) {
                // Nothing arrives until both have asked, so that the two requests cross.
                int before = logged(m, THEIR_REKEY);
                int completed = logged(m, THEY_HAVE_REKEYED);
                m.net().in(m.net().theirs(), "nft", NOTHING_ARRIVES);
                m.engine().say(ours);
                m.peer().run(Libreswan.WHACK, theirs, "--name", "mesh", "--asynchronous");
                Eventually.within(Engine.SOON, () -> logged(m, THEIR_REKEY) > before, () -> "they do not start");
                m.net().in(m.net().theirs(), "nft", "delete", "table", "ip", "cut");
                m.engine().await(event);
                m.pingBothWays();
                if (logged(m, THEIR_FAULT) > 0) {
                    agree(m, 2); // the IKE SA that they should have deleted is an orphan, and the next they would renew
                    break;
                }
                agree(m, 1, () -> theyKeepTheirs(m, completed) ? 2 : 1);
                if (theyKeepTheirs(m, completed)) {
                    break;
                }
            }
            m.isAlive();
        });
    }

    /**
     * Whether their rekey and ours both came about and ours has won: we send on what they have made for us, and the other is
     * theirs to delete.
     *
     * @param completed how many rekeys of theirs had come about before
     */
    private static boolean theyKeepTheirs(Meeting meeting, int completed) throws IOException {
        String ours =
                "=>0x" + LibreswanSetup.shown(LibreswanSetup.sending(meeting).group(1)) + " ";
        return logged(meeting, THEY_HAVE_REKEYED) > completed
                && meeting.peer()
                        .log()
                        .lines()
                        .anyMatch(line -> line.contains("responder rekeyed Child SA") && line.contains(ours));
    }

    private static void ourRekey(Meeting meeting, String command, String event) throws IOException {
        meeting.engine().say(command);
        meeting.engine().await(event);
        agree(meeting);
    }

    private static void theirRekey(Meeting meeting, Meeting.Step step, String event) throws IOException {
        step.run();
        meeting.engine().await(event);
        agree(meeting);
    }

    private static List<Cell> ends() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(Cell.both("delete-by-us", P256, "nothing is left with them", m -> {
            m.meet();
            m.engine().say("close");
            m.engine().await("closed asked");
            m.peerLogs("deleting IKE SA");
        }));
        cells.addAll(Cell.both("delete-by-them", P256, "nothing is left with us; they come back", m -> {
            m.meet();
            m.peer().terminate();
            m.engine().await("closed deleted by the peer");
            LibreswanSetup.theyHaveNothing(m);
            m.peer().initiate();
            m.engine().await("send-on");
            m.pingBothWays();
        }));
        cells.addAll(Cell.both("delete-child-by-them", P256, "the IKE SA stays and carries another", m -> {
            m.meet();
            m.peer().terminateChild();
            m.engine().await("child-removed");
            m.isAlive();
            m.peer().initiate();
            m.engine().await("send-on");
            agree(m);
        }));
        return cells;
    }

    private static List<Cell> liveness() {
        List<Cell> cells = new ArrayList<>();
        cells.addAll(
                Cell.both("dead-peer-detection", P256.connection("dpddelay", "1"), "each asks and each answers", m -> {
                    m.meet();
                    m.isAlive();
                    m.peer().run("sleep", "3");
                    agree(m);
                }));
        cells.addAll(Cell.both(
                "they-are-killed", P256.engine("retransmit.ms", "100"), "we notice, and welcome them back", m -> {
                    m.meet();
                    m.peer().kill();
                    m.engine().say("live");
                    m.engine().await("closed the peer does not answer", Duration.ofSeconds(20));
                    m.peer().start();
                    m.meet();
                    agree(m);
                }));
        cells.addAll(
                Cell.both("we-are-killed", P256.connection("dpddelay", "1"), "they notice, and welcome us back", m -> {
                    m.meet();
                    m.engine().kill();
                    m.peerLogs("second timeout exceeded");
                    m.engine().start();
                    m.meet();
                    agree(m);
                }));
        cells.add(Cell.of(
                "we-are-killed-and-quick",
                Role.WE_INITIATE,
                P256,
                "the Child SA that they still have is replaced; they keep its IKE SA",
                m -> {
                    m.meet();
                    m.engine().kill();
                    m.engine().start();
                    m.meet();
                    agree(m, 2);
                }));
        cells.add(Cell.of(
                "they-are-killed-and-quick",
                Role.THEY_INITIATE,
                P256.connection("initial-contact", "yes"),
                "their INITIAL_CONTACT replaces the SA that we still have",
                m -> {
                    m.meet();
                    m.peer().kill();
                    m.peer().start();
                    m.meet();
                    agree(m);
                }));
        return cells;
    }

    private static List<Cell> moves() {
        List<Cell> cells = new ArrayList<>();
        cells.add(Cell.of(
                "nat-rebinds",
                Role.WE_INITIATE,
                P256.with(Wiring.WE_BEHIND_NAT).engine("retransmit.ms", "100"),
                "we get another port; they do not follow, we notice and begin anew",
                m -> {
                    m.meet();
                    m.net().rebind();
                    m.engine().say("live");
                    m.engine().await("closed the peer does not answer", Duration.ofSeconds(20));
                    m.meet();
                    agree(m);
                }));
        cells.add(Cell.of(
                "nat-rebinds",
                Role.THEY_INITIATE,
                P256.with(Wiring.THEY_BEHIND_NAT).connection("dpddelay", "1"),
                "they get another port; we follow their next IKE message",
                m -> {
                    m.meet();
                    m.net().rebind();
                    m.engine().await("peer-moved");
                    agree(m);
                }));
        Setup mobike = P256.connection("mobike", "yes");
        // They let nobody move whose address they were told.
        Setup anyone = mobike.connection("right", "%any");
        cells.add(Cell.of(
                "nat-rebinds-mobike",
                Role.WE_INITIATE,
                anyone.with(Wiring.WE_BEHIND_NAT),
                "we get another port; they follow UPDATE_SA_ADDRESSES",
                m -> {
                    m.meet();
                    m.net().rebind();
                    m.engine().say("move " + m.net().ourAddress() + ":4500");
                    m.engine().await("peer-moved");
                    m.peerLogs("success MOBIKE update remote address");
                    agree(m);
                }));
        cells.add(Cell.of("mobike", Role.WE_INITIATE, anyone, "we move: UPDATE_SA_ADDRESSES", m -> {
            m.meet();
            m.net().renumber(m.net().ours(), LabNet.OURS, "192.0.2.8");
            m.engine().say("move 192.0.2.8:4500");
            m.engine().await("peer-moved");
            m.peerLogs("success MOBIKE update remote address 192.0.2.1:4500 -> 192.0.2.8:4500");
            agree(m);
        }));
        cells.add(Cell.of("mobike", Role.THEY_INITIATE, mobike, "they move: UPDATE_SA_ADDRESSES", m -> {
            m.meet();
            ((Libreswan) m.peer()).machine().renumber(LabNet.THEIRS, "192.0.2.9");
            m.engine().await("peer-moved");
            m.peerLogs("success MOBIKE update local address 192.0.2.2:4500 -> 192.0.2.9:4500");
            agree(m);
        }));
        return cells;
    }

    private static List<Cell> messages() {
        List<Cell> cells = new ArrayList<>();
        Setup small = P256.engine("fragment", "400");
        cells.addAll(Cell.both("fragments", small, "IKE_AUTH in fragments each way", m -> {
            m.meet();
            assertThat(m.engine().seen()).anyMatch(line -> line.startsWith("fragment 1/"));
            // Of an answer in fragments they log nothing; the next cells lose one.
            assertThat(m.peer().log())
                    .contains(m.role() == Role.WE_INITIATE ? "fragment 1 (1 of " : "established IKE SA");
            agree(m);
        }));
        cells.addAll(Cell.both("fragment-lost", small, "one fragment each way is lost; both repeat", m -> {
            m.net().loseOneLargerThan(m.net().theirs(), 340);
            m.net().loseOneLargerThan(m.net().ours(), 340);
            m.meet();
            assertThat(m.net().lost(m.net().theirs())).isOne();
            assertThat(m.net().lost(m.net().ours())).isOne();
            agree(m);
        }));
        cells.add(Cell.of(
                "cookie",
                Role.WE_INITIATE,
                P256.daemon("ddos-mode", "busy"),
                "they ask for a cookie, we bring it",
                m -> {
                    m.meet();
                    m.peerLogs("COOKIE");
                    agree(m);
                }));
        cells.add(Cell.of(
                "cookie", Role.THEY_INITIATE, P256.engine("cookies", "0"), "we ask for a cookie, they bring it", m -> {
                    m.meet();
                    m.peerLogs("COOKIE");
                    agree(m);
                }));
        cells.add(Cell.of(
                "invalid-ke",
                Role.WE_INITIATE,
                X25519.connection("ike", "aes_gcm256-sha2_256-dh19"),
                "they ask for P-256, our second try has it",
                m -> {
                    m.meet("SECP256R1");
                    m.peerLogs("INVALID_KE_PAYLOAD");
                    agree(m);
                }));
        cells.add(Cell.of(
                "invalid-ke",
                Role.THEY_INITIATE,
                X25519.connection("ike", "aes_gcm256-sha2_256-dh20+dh31"),
                "we ask for X25519, their second try has it",
                m -> {
                    m.meet("X25519");
                    m.peerLogs("INVALID_KE_PAYLOAD");
                    agree(m);
                }));
        // The other way round libreswan 5.2 signs an exchange that was not; 5.4 no longer does.
        cells.add(Cell.of(
                "intermediate",
                Role.THEY_INITIATE,
                X25519.connection("intermediate", "yes"),
                "they have IKE_INTERMEDIATE and nothing for it; there is none",
                m -> {
                    m.meet("X25519");
                    agree(m);
                }));
        cells.add(Cell.of(
                "childless",
                Role.WE_INITIATE,
                P256.engine("selectors.local", "").engine("selectors.remote", ""),
                "IKE_AUTH alone; the Child SA is theirs to start",
                m -> {
                    m.engine().say("connect");
                    m.engine().await("established initiator");
                    m.peer().initiate();
                    m.engine().await("send-on");
                    agree(m);
                }));
        cells.add(Cell.of(
                "critical-payload",
                Role.WE_INITIATE,
                P256,
                "they answer UNSUPPORTED_CRITICAL_PAYLOAD with its type",
                m -> {
                    MessageCells.probes(m, m.net().ours(), LabNet.THEIRS);
                    agree(m);
                }));
        return cells;
    }
}
