// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.ipsec.ike.RekeyArbiter.Nonces;
import java.util.HexFormat;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RekeyArbiterTest {

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text);
    }

    // "the SA created with the lowest of the four nonces SHOULD be closed by the endpoint that created it"
    @ParameterizedTest
    @CsvSource({
        "01,80,02,03,true", // ours has the lowest
        "80,01,02,03,true", // also when the peer chose it
        "02,03,01,80,false",
        "02,03,80,01,false",
        "7f,ff,80,80,true", // unsigned
        "80,80,7f,ff,false",
        "0100,ff,01ff,ff,true", // octet by octet
        "01,ff,0100,ff,true" // the shorter of equal beginnings is lower
    })
    void theLowestOfFourNoncesIsRedundant(String oursI, String oursR, String theirsI, String theirsR, boolean ours) {
        Nonces mine = new Nonces(hex(oursI), hex(oursR));
        Nonces yours = new Nonces(hex(theirsI), hex(theirsR));

        assertThat(RekeyArbiter.isRedundant(mine, yours)).isEqualTo(ours);
        assertThat(RekeyArbiter.isRedundant(yours, mine)).isEqualTo(!ours);
    }
}
