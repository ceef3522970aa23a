// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.sa.ChildSa;
import io.vpnmesh.ipsec.sa.SaLifetime;
import io.vpnmesh.ipsec.sa.SelectorSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChildSasTest {

    private final ChildSas children = new ChildSas();

    private static ChildSa child(int spi) {
        JdkCrypto crypto = new JdkCrypto();
        SecretBytes key = SecretBytes.owning(new byte[32]);
        SecretBytes salt = SecretBytes.owning(new byte[4]);
        return new ChildSa(
                1,
                spi,
                -spi,
                new EspSealer(-spi, crypto.packetAead(AeadAlgorithm.AES_256_GCM, key), salt, true, SaLifetime.DEFAULT),
                new EspOpener(
                        spi,
                        crypto.packetAead(AeadAlgorithm.AES_256_GCM, key),
                        salt,
                        true,
                        new SelectorSet(List.of(), List.of()),
                        EspOpener.DEFAULT_WINDOW),
                List.of(),
                List.of(),
                true,
                0,
                SaLifetime.DEFAULT);
    }

    @Test
    void whenTheOneInUseGoesTheOneNamedBeforeItTakesOverAndNoneThatWasNeverNamed() {
        ChildSa ofTheSessionThatStays = child(1);
        ChildSa redundant = child(2); // the loser of a rekey from both sides: the peer has dropped it long ago
        ChildSa ofTheSessionThatGoes = child(3);
        children.add(ofTheSessionThatStays);
        children.sendOn(ofTheSessionThatStays);
        children.add(redundant);
        children.add(ofTheSessionThatGoes);
        children.sendOn(ofTheSessionThatGoes);

        children.remove(3);

        assertThat(children.outbound()).isSameAs(ofTheSessionThatStays);
        children.remove(1);
        assertThat(children.outbound()).isNull();
    }
}
