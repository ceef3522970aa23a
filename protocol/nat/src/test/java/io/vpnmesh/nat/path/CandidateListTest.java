// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.path;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class CandidateListTest {

    private static final UUID NETWORK = new UUID(0x0011223344556677L, 0x8899aabbccddeeffL);
    private static final CandidateList LIST = new CandidateList(
            0x18bcfe56801L,
            List.of(
                    Candidate.host(Endpoint.parse("10.0.0.7:41000"), NETWORK),
                    Candidate.of(CandidateKind.SERVER_REFLEXIVE, Endpoint.parse("[2001:db8::7]:4500"))));
    private static final String HEX = "0000018bcfe56801" + "02"
            + "0104a0280a0000077e7fffff00112233445566778899aabbccddeeff"
            + "0206119420010db800000000000000000000000764ffffff";

    @Test
    void listIsThisOnTheWireAndBack() throws MalformedException {
        assertThat(HexFormat.of().formatHex(LIST.encode())).isEqualTo(HEX);
        assertThat(CandidateList.decode(HexFormat.of().parseHex(HEX))).isEqualTo(LIST);
    }

    @Test
    void kindOfALaterVersionIsSkipped() throws MalformedException {
        byte[] bytes = LIST.encode();
        bytes[9 + 28] = 99;

        assertThat(CandidateList.decode(bytes).candidates())
                .containsExactly(LIST.candidates().getFirst());
    }

    @Test
    void tooManyCandidatesAreRefused() {
        byte[] bytes = LIST.encode();
        bytes[8] = 25;

        assertThatThrownBy(() -> CandidateList.decode(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("at most 24");
    }

    @Test
    void garbageIsMalformedAtWorst() {
        Random random = new Random(1);
        for (int round = 0; round < 5_000; round++) {
            byte[] bytes = LIST.encode();
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
            try {
                assertThat(CandidateList.decode(bytes).candidates()).hasSizeLessThanOrEqualTo(24);
            } catch (MalformedException e) {
                assertThat(e).hasMessageContaining("offset");
            }
        }
    }

    @Test
    void fullListFitsTheNotifyOfOneIkeFragment() {
        Candidate longest = Candidate.host(Endpoint.parse("[2001:db8::7]:4500"), NETWORK);
        CandidateList full = new CandidateList(1, Collections.nCopies(CandidateList.MAX_CANDIDATES, longest));

        assertThat(full.encode().length).isLessThanOrEqualTo(1040);
    }

    @Test
    void bookRaisesTheEpochOnlyWhenSomethingChanged() {
        CandidateBook book = new CandidateBook(1_000);
        Candidate reflexive = Candidate.of(CandidateKind.SERVER_REFLEXIVE, Endpoint.parse("192.0.2.1:4500"));

        assertThat(book.reflexive(List.of(reflexive))).isTrue();
        assertThat(book.reflexive(List.of(reflexive))).isFalse();
        assertThat(book.host(LIST.candidates().subList(0, 1))).isTrue();

        assertThat(book.current().epoch()).isEqualTo(1_002);
        assertThat(book.current().candidates().getFirst().kind()).isEqualTo(CandidateKind.HOST);
    }
}
