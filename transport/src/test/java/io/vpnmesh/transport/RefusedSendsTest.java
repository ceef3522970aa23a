// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every refusal of a kernel is counted once, by datagrams, under the name that an operator can act on. */
class RefusedSendsTest {

    @ParameterizedTest
    @CsvSource({
        "EAGAIN, 11, bufferFull",
        "ENOBUFS, 105, bufferFull",
        "EMSGSIZE, 90, tooLong",
        "EPERM, 1, refused",
        "EACCES, 13, refused",
        "ECONNREFUSED, 111, refused",
        "ENETUNREACH, 101, unreachable",
        "EHOSTUNREACH, 113, unreachable",
        "ENETDOWN, 100, unreachable",
        "EADDRNOTAVAIL, 99, unreachable",
        "EAFNOSUPPORT, 97, unreachable",
        "EIO, 5, otherErrors"
    })
    void refusalIsCountedUnderItsName(String name, int errno, String counter) {
        UdpCounters counters = new UdpCounters();

        counters.count(-errno, 44);

        assertThat(all(counters))
                .as(name)
                .containsExactlyInAnyOrderElementsOf(List.of(counter + "=44", "0", "0", "0", "0", "0", "0"));
    }

    private static List<String> all(UdpCounters counters) {
        return List.of(
                text("sentDatagrams", counters.sentDatagrams()),
                text("sentBytes", counters.sentBytes()),
                text("bufferFull", counters.bufferFull()),
                text("tooLong", counters.tooLong()),
                text("refused", counters.refused()),
                text("unreachable", counters.unreachable()),
                text("otherErrors", counters.otherErrors()));
    }

    private static String text(String name, long value) {
        return value == 0 ? "0" : name + "=" + value;
    }
}
