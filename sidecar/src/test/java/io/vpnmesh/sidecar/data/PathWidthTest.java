// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathWidthTest {

    @ParameterizedTest
    @CsvSource({"65535,1438", "1438,1418", "1400,1386", "1281,1280", "1280,1280", "600,1280"})
    void narrowsStepByStepAndNeverBelowIpv6sLeast(int bytes, int next) {
        assertThat(PathWidth.below(bytes)).isEqualTo(next);
    }
}
