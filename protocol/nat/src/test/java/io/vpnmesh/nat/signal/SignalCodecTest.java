// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SignalCodecTest {

    private static final NodeId NODE = new NodeId(0x0011223344556677L, 0x8899aabbccddeeffL);
    private static final Ticket TICKET = new Ticket(0x6553f100, 0x01020304, 0x05060708090a0b0cL);
    private static final String NODE_HEX = "00112233445566778899aabbccddeeff";
    private static final String TICKET_HEX = "6553f1000102030405060708090a0b0c";

    /** Turns a body back into its record. */
    private interface Decoder {
        Object decode(byte[] body) throws MalformedException;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static Arguments body(String name, Object record, byte[] bytes, String hex, Decoder decoder) {
        return Arguments.of(name, record, bytes, hex, decoder);
    }

    static Stream<Arguments> bodies() {
        LeaseRequest plain = new LeaseRequest(List.of(new LeaseRequest.Item(0x80000001, 7200, Ticket.NONE)));
        LeaseRequest proven = new LeaseRequest(List.of(new LeaseRequest.Item(0x80000001, 7200, TICKET)));
        LeaseAnswer answer = new LeaseAnswer(List.of(
                new LeaseAnswer.Item(LeaseStatus.GRANTED, TICKET),
                new LeaseAnswer.Item(LeaseStatus.TAKEN, Ticket.NONE)));
        Release release = new Release(List.of(0x80000001, 0x8fffffff));
        SignalError error = new SignalError(SignalError.NOT_ATTACHED, "gone");
        Move move = new Move(30, List.of(NODE));
        Epoch epoch = new Epoch(0x0000018bcfe56801L);
        Pin pin = new Pin(0x80000001, NODE, 2);
        PinAnswer pinned = new PinAnswer(0x80000001, 0, 60);
        Delayed delayed = new Delayed(45, 0x1122334455667788L);
        return Stream.of(
                body("LEASE", plain, plain.encode(), "8000000100001c20", bytes -> LeaseRequest.decode(0, bytes)),
                body(
                        "LEASE with tickets",
                        proven,
                        proven.encode(),
                        "8000000100001c20" + TICKET_HEX,
                        bytes -> LeaseRequest.decode(Signal.FLAG_TICKETS, bytes)),
                body(
                        "LEASE_ANSWER",
                        answer,
                        answer.encode(),
                        "00" + TICKET_HEX + "01" + "00".repeat(16),
                        LeaseAnswer::decode),
                body("RELEASE", release, release.encode(), "800000018fffffff", Release::decode),
                body("ERROR", error, error.encode(), "0002676f6e65", SignalError::decode),
                body("MOVE", move, move.encode(), "001e01" + NODE_HEX, Move::decode),
                body("PRIMED, CALL_ME", epoch, epoch.encode(), "0000018bcfe56801", Epoch::decode),
                body("PIN", pin, pin.encode(), "80000001" + NODE_HEX + "02", Pin::decode),
                body("PIN_ANSWER", pinned, pinned.encode(), "8000000100003c", PinAnswer::decode),
                body("DELAYED", delayed, delayed.encode(), "002d1122334455667788", Delayed::decode));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void bodyIsThisOnTheWireAndBack(String name, Object record, byte[] bytes, String hex, Decoder decoder)
            throws MalformedException {
        assertThat(hex(bytes)).as(name).isEqualTo(hex);
        assertThat(decoder.decode(HexFormat.of().parseHex(hex))).isEqualTo(record);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bodies")
    void garbageInABodyIsMalformedAtWorst(String name, Object record, byte[] bytes, String hex, Decoder decoder) {
        Random random = new Random(hex.hashCode());
        for (int round = 0; round < 2_000; round++) {
            byte[] garbage = new byte[random.nextInt(2 * bytes.length)];
            random.nextBytes(garbage);
            try {
                assertThat(decoder.decode(garbage)).as(name).hasSameClassAs(record);
            } catch (MalformedException e) {
                assertThat(e).hasMessageContaining("offset");
            }
        }
    }

    @Test
    void signalIsThisOnTheWireAndBack() throws MalformedException {
        Signal signal = new Signal(SignalKind.LEASE, 1, 0x01020304, NODE, new byte[] {0x55});

        byte[] bytes = SignalCodec.encode(signal);

        assertThat(hex(bytes)).isEqualTo("0110000101020304" + NODE_HEX + "55");
        Signal back = SignalCodec.decode(bytes);
        assertThat(back).usingRecursiveComparison().isEqualTo(signal);
    }

    @Test
    void anotherVersionIsRefusedByName() {
        byte[] bytes = SignalCodec.encode(Signal.between(SignalKind.IKE, NODE, new byte[0]));
        bytes[0] = 2;

        assertThatThrownBy(() -> SignalCodec.decode(bytes))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining("version")
                .hasMessageContaining("is 2");
    }

    @Test
    void kindOfALaterVersionPasses() throws MalformedException {
        byte[] bytes = SignalCodec.encode(new Signal(200, 0, 1, NODE, new byte[0]));

        assertThat(SignalCodec.decode(bytes).kind()).isEqualTo(200);
    }

    @Test
    void leaseWithAllItsItemsFitsOneDatagram() {
        List<LeaseRequest.Item> items = Stream.generate(() -> new LeaseRequest.Item(-1, 7200, TICKET))
                .limit(LeaseRequest.MAX_ITEMS_WITH_TICKETS)
                .toList();
        byte[] body = new LeaseRequest(items).encode();

        assertThat(SignalCodec.HEADER_BYTES + body.length).isLessThanOrEqualTo(Signal.MAX_BYTES);
    }
}
