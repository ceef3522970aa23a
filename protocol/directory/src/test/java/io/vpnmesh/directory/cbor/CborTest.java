// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.cbor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vpnmesh.core.wire.MalformedException;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CborTest {

    @ParameterizedTest(name = "{0} = {1}")
    @CsvSource({ // RFC 8949 appendix A
        "0, 00",
        "23, 17",
        "24, 1818",
        "100, 1864",
        "1000, 1903e8",
        "1000000, 1a000f4240",
        "1000000000000, 1b000000e8d4a51000",
        "-1, 20",
        "-10, 29",
        "-100, 3863",
        "-1000, 3903e7",
        "9223372036854775807, 1b7fffffffffffffff",
        "-9223372036854775808, 3b7fffffffffffffff"
    })
    void integersOfTheRfc(long value, String hex) throws MalformedException {
        assertThat(HexFormat.of().formatHex(Cbor.encode(CborValue.of(value)))).isEqualTo(hex);
        assertThat(Cbor.decode(HexFormat.of().parseHex(hex))).isEqualTo(CborValue.of(value));
    }

    @Test
    void compositesOfTheRfc() throws MalformedException {
        both("f5", CborValue.of(true));
        both("64f0908591", CborValue.of("\ud800\udd51"));
        both("4401020304", CborValue.of(new byte[] {1, 2, 3, 4}));
        both("83010203", new CborValue.Array(List.of(CborValue.of(1), CborValue.of(2), CborValue.of(3))));
        both("a201020304", CborMap.builder().put(3, 4).put(1, 2).build());
        both("c11a514b67b0", new CborValue.Tagged(1, CborValue.of(1363896240)));
    }

    @Test
    void keysAreOrderedByTheirEncoding() {
        CborMap map = CborMap.builder()
                .put(-1, 0)
                .put(300, 0)
                .put(-300, 0)
                .put(2, 0)
                .put(24, 0)
                .build();

        assertThat(map.entries().keySet()).containsExactly(2L, 24L, 300L, -1L, -300L);
        assertThat(HexFormat.of().formatHex(Cbor.encode(map)))
                .isEqualTo("a502001818001901 2c00200039012b00".replace(" ", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", // nothing
                "1800", // 0 in two bytes
                "190017", // 23 in three
                "1b00000000ffffffff", // four bytes suffice
                "1bffffffffffffffff", // beyond 63 bits
                "1f", // indefinite
                "5f4100ff", // indefinite string
                "9f00ff", // indefinite array
                "0000", // two items
                "42aa", // cut off
                "9affffffff", // announces four billion items
                "bb7fffffffffffffff", // announces more
                "a2020003000400", // text after the map
                "a202000100", // keys not in order
                "a201000100", // key twice
                "a1616100", // text key
                "f6", // null
                "fa47c35000", // float
                "62c328", // not UTF-8
                "818181818181818181818181818100" // too deep
            })
    void everythingElseIsRefused(String hex) {
        assertThatThrownBy(() -> Cbor.decode(HexFormat.of().parseHex(hex))).isInstanceOf(MalformedException.class);
    }

    @Test
    void whatDecodesEncodesToTheSameBytes() {
        Random random = new Random(42);
        int decoded = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = new byte[1 + random.nextInt(12)];
            random.nextBytes(bytes);
            try {
                CborValue value = Cbor.decode(bytes);
                decoded++;
                assertThat(Cbor.encode(value)).isEqualTo(bytes);
            } catch (MalformedException _) {
                // most of them
            }
        }
        assertThat(decoded).isGreaterThan(1000);
    }

    private static void both(String hex, CborValue value) throws MalformedException {
        assertThat(HexFormat.of().formatHex(Cbor.encode(value))).isEqualTo(hex);
        assertThat(Cbor.decode(HexFormat.of().parseHex(hex))).isEqualTo(value);
    }
}
