// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.UdpSender;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/**
 * A program for a namespace: sends what nobody should to {@code TARGET}, {@code COUNT} times, one each 0.5 ms: nothing at
 * all, noise, trains of one-byte slots, trains whose last slot is a stump, all of them also behind the first bytes of
 * ESP with an SPI that exists, of IKE, of STUN and of a keepalive.
 */
final class HostileTrains {

    private static final int LONGEST = 30_000;
    private static final int GAP_NS = 500_000;

    private HostileTrains() {}

    public static void main(String[] arguments) throws IOException {
        Endpoint target = Endpoint.parse(arguments[0]);
        Random random = new Random(9);
        byte[] bytes = new byte[LONGEST];
        try (UdpPort port = UdpPort.bind(0);
                UdpSender sender = port.newSender()) {
            for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
                random.nextBytes(bytes);
                int slot = slot(random);
                int length = Math.min(LONGEST, slot * (1 + random.nextInt(64)) + random.nextInt(1 + slot));
                for (int at = 0; at + 8 <= length; at += Math.max(8, slot)) {
                    begin(bytes, at, random);
                }
                switch (random.nextInt(4)) {
                    case 0 -> sender.send(bytes, 0, 0, target);
                    case 1 -> sender.send(bytes, 0, Math.min(length, 1400), target);
                    default -> sender.sendTrain(bytes, 0, length, slot, target);
                }
                LockSupport.parkNanos(GAP_NS);
            }
            System.out.println("thrown=" + port.counters().sentDatagrams());
        }
    }

    private static int slot(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> 1;
            case 1 -> 2 + random.nextInt(10);
            case 2 -> 30 + random.nextInt(30);
            default -> 1 + random.nextInt(1400);
        };
    }

    private static void begin(byte[] bytes, int at, Random random) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        switch (random.nextInt(5)) {
            case 0 -> buffer.putInt(at, StaticTunnel.FIRST_SPI + random.nextInt(64));
            case 1 -> buffer.putInt(at, 0); // non-ESP marker, RFC 3948 section 2.2
            case 2 -> buffer.putInt(at, 0x0001_0000).putInt(at + 4, 0x2112_A442); // STUN, RFC 8489 section 5
            case 3 -> bytes[at] = (byte) 0xFF; // keepalive, RFC 3948 section 2.3
            default -> {
                // noise
            }
        }
    }
}
