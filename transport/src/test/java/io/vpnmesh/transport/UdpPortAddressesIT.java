// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A socket on every address of a host that has several: it answers from the one that was written to. */
@Timeout(60)
class UdpPortAddressesIT {

    private static final int WAIT_MS = 5_000;

    @Test
    void answersFromTheIpv4AddressThatWasWrittenTo() throws IOException {
        try (UdpPort server = UdpPort.bind(0)) {
            assertAnswersFromBoth(server, "127.0.0.1", "127.0.0.2");
        }
    }

    @Test
    void answersFromTheIpv4AddressOnASocketWithoutIpv6() throws IOException {
        try (UdpPort server = UdpPort.bind(Endpoint.parse("0.0.0.0:0"), false)) {
            assertThat(server.family()).isEqualTo(SocketAddress.AF_INET);
            assertAnswersFromBoth(server, "127.0.0.1", "127.0.0.2");
        }
    }

    /** The loopback has one IPv6 address: two need a network namespace of their own, which ends with its process. */
    @Test
    void answersFromTheIpv6AddressThatWasWrittenTo() throws Exception {
        Process process = new ProcessBuilder(
                        "unshare",
                        "--net",
                        "sh",
                        "-c",
                        "ip link set lo up && ip -6 addr add fd00::1/128 dev lo nodad"
                                + " && ip -6 addr add fd00::2/128 dev lo nodad || exit 77;"
                                + " exec \"$0\" --enable-native-access=ALL-UNNAMED -cp \"$1\" \"$2\"",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        System.getProperty("java.class.path"),
                        UdpPortAddressesIT.class.getName())
                .redirectErrorStream(true)
                .start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(40, TimeUnit.SECONDS)).isTrue();
            Assumptions.assumeFalse(output.contains("unshare failed"), "no right to make a network namespace");
            Assumptions.assumeTrue(process.exitValue() != 77, "no IPv6 here");
            assertThat(process.exitValue()).as(output).isZero();
        } finally {
            process.destroyForcibly();
        }
    }

    /** What runs in the namespace. */
    public static void main(String[] arguments) throws IOException {
        try (UdpPort server = UdpPort.bind(0)) {
            assertAnswersFromBoth(server, "fd00::1", "fd00::2");
        }
    }

    private static void assertAnswersFromBoth(UdpPort server, String first, String second) throws IOException {
        IpAddress clientAddress = IpAddress.parse(first);
        try (UdpPort client = UdpPort.bind(new Endpoint(clientAddress, 0));
                UdpSender asks = client.newSender();
                UdpSender answers = server.newSender();
                DatagramBatch batch = new DatagramBatch(4)) {
            boolean chosenByKernel = false;
            for (String address : new String[] {first, second}) {
                Endpoint asked =
                        new Endpoint(IpAddress.parse(address), server.local().port());
                asks.send(new byte[] {1, 2, 3}, 0, 3, asked);
                assertThat(server.receive(batch, WAIT_MS)).isEqualTo(1);
                assertThat(batch.local(0)).isEqualTo(asked).isSameAs(batch.local(0));
                Endpoint local = batch.local(0);

                answers.send(new byte[] {4}, 0, 1, client.local());
                assertThat(client.receive(batch, WAIT_MS)).isEqualTo(1);
                chosenByKernel |= !batch.source(0).equals(asked);

                answers.sendFrom(local, new byte[] {4}, 0, 1, client.local());
                assertThat(client.receive(batch, WAIT_MS)).isEqualTo(1);
                assertThat(batch.source(0)).isEqualTo(asked);
            }
            assertThat(chosenByKernel)
                    .as("the kernel alone would have answered from another address")
                    .isTrue();
        }
    }

    @Test
    void forwardsATrainWholeFromTheGivenAddress() throws IOException {
        try (UdpPort a = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
                UdpPort relay = UdpPort.bind(0);
                UdpPort b = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
                UdpSender sender = a.newSender();
                UdpSender forwarder = relay.newSender();
                DatagramBatch batch = new DatagramBatch(8)) {
            Endpoint second =
                    new Endpoint(IpAddress.parse("127.0.0.2"), relay.local().port());
            sender.sendTrain(new byte[20 * 1000 + 300], 0, 20 * 1000 + 300, 1000, second);
            int trains = 0;
            for (int got = 0; got < 20_300; ) {
                int count = relay.receive(batch, WAIT_MS);
                assertThat(count).isPositive();
                for (int i = 0; i < count; i++) {
                    assertThat(batch.local(i)).isEqualTo(second);
                    forwarder.forwardFrom(second, batch, i, 0, batch.length(i), b.local());
                    got += batch.length(i);
                    trains++;
                }
            }
            assertThat(trains).isEqualTo(relay.joinsTrains() ? 1 : 21);

            trains = 0;
            for (int got = 0; got < 20_300; ) {
                int count = b.receive(batch, WAIT_MS);
                assertThat(count).isPositive();
                for (int i = 0; i < count; i++) {
                    assertThat(batch.source(i)).isEqualTo(second);
                    got += batch.length(i);
                    trains++;
                }
            }
            assertThat(trains).isEqualTo(b.joinsTrains() ? 1 : 21);
        }
    }

    @Test
    void addressThatIsNotOursIsAVerdict() throws IOException {
        try (UdpPort port = UdpPort.bind(0);
                UdpSender sender = port.newSender()) {
            int result =
                    sender.sendFrom(Endpoint.parse("192.0.2.7:1"), new byte[] {1}, 0, 1, Endpoint.parse("127.0.0.1:9"));

            assertThat(result).isNegative(); // the kernels differ in the number
        }
    }

    @Test
    void addressOfTheOtherFamilyIsNoChoice() throws IOException {
        try (UdpPort a = UdpPort.bind(0);
                UdpPort b = UdpPort.bind(Endpoint.parse("127.0.0.1:0"));
                UdpSender sender = a.newSender();
                DatagramBatch batch = new DatagramBatch(1)) {
            assertThat(sender.sendFrom(Endpoint.parse("[::1]:1"), new byte[] {1}, 0, 1, b.local()))
                    .isEqualTo(1);

            assertThat(b.receive(batch, WAIT_MS)).isEqualTo(1);
            assertThat(batch.local(0)).isEqualTo(b.local());
        }
    }
}
