// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.x509.SuiteName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PreparationTest {

    /** With the suite fips nobody prepares it, and credentials may yet turn out to be of the other one. */
    @ParameterizedTest
    @EnumSource(SuiteName.class)
    void whoSealsIsThereWhetherOrNotItWasPrepared(SuiteName suite) throws Exception {
        assertThat(Preparation.begin("jdk", suite).aead().engine().name()).isEqualTo("jdk");
    }

    @Test
    void askedTwiceItIsTheSame() throws Exception {
        Preparation preparation = Preparation.begin("auto", SuiteName.DEFAULT);
        assertThat(preparation.aead()).isSameAs(preparation.aead());
    }
}
