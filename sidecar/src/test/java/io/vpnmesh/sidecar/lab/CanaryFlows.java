// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;

/**
 * A program for a namespace: UDP flows whose every datagram says what it is, so that bytes of another packet, of another
 * flow or of a buffer's rest cannot pass for it.
 *
 * <p>Shape: {@code guard 8 | flow 4 | number 8 | length 4 | noise | guard 8 | CRC-32C 4} over all before
 *
 * <p>Arguments: {@code receive PORT}, which says {@code got= wrong= doubled=} every 100 ms; or {@code send ADDRESS PORT
 * DATAGRAMS PER_MS}, 0 = as fast as it goes.
 */
final class CanaryFlows {

    private static final long GUARD = 0x5AFE_C0DE_0DD5_EED5L;
    private static final int HEADER = 24;
    private static final int TRAILER = 12;

    /** What a tunnel over IPv6 carries, 1418 bytes, less IPv4 and UDP. */
    private static final int LONGEST = 1390;

    private static final int FLOWS = 8;
    private static final int SAY_MS = 100;
    private static final int SOCKET_BUFFER_BYTES = 4 << 20;

    private CanaryFlows() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("receive")) {
            receive(Integer.parseInt(arguments[1]));
        } else {
            send(
                    new InetSocketAddress(arguments[1], Integer.parseInt(arguments[2])),
                    Integer.parseInt(arguments[3]),
                    Integer.parseInt(arguments[4]));
        }
    }

    private static void send(InetSocketAddress to, int datagrams, int perMs) throws IOException {
        List<DatagramChannel> flows = new ArrayList<>();
        for (int i = 0; i < FLOWS; i++) {
            flows.add(DatagramChannel.open().connect(to));
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(LONGEST);
        Random random = new Random(5);
        long startNs = System.nanoTime();
        for (int i = 0; i < datagrams; i++) {
            if (perMs > 0 && i % perMs == 0) {
                LockSupport.parkNanos(startNs + i / perMs * 1_000_000L - System.nanoTime());
            }
            // Runs of one flow and length become trains, the others stay alone.
            int flow = i / 16 % FLOWS;
            int length = i / 64 % 2 == 0 ? LONGEST : HEADER + TRAILER + random.nextInt(LONGEST - HEADER - TRAILER);
            write(buffer, flow, i / (16 * FLOWS) * 16 + i % 16, length, random);
            flows.get(flow).write(buffer);
        }
        System.out.println("sent=" + datagrams + " ms=" + (System.nanoTime() - startNs) / 1_000_000);
    }

    private static void write(ByteBuffer buffer, int flow, long number, int length, Random random) {
        buffer.clear();
        buffer.putLong(GUARD).putInt(flow).putLong(number).putInt(length);
        byte[] noise = new byte[length - HEADER - TRAILER];
        random.nextBytes(noise);
        buffer.put(noise).putLong(GUARD);
        buffer.putInt(crc(buffer, length)).flip();
    }

    private static int crc(ByteBuffer buffer, int length) {
        CRC32C crc = new CRC32C();
        crc.update(buffer.slice(0, length - 4));
        return (int) crc.getValue();
    }

    private static void receive(int port) throws IOException {
        DatagramChannel channel = DatagramChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, SOCKET_BUFFER_BYTES);
        channel.bind(new InetSocketAddress("0.0.0.0", port));
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 16);
        List<BitSet> seen = new ArrayList<>();
        for (int i = 0; i < FLOWS; i++) {
            seen.add(new BitSet());
        }
        long[] counts = new long[3];
        Thread.ofPlatform().daemon().start(() -> say(counts));
        while (true) {
            buffer.clear();
            channel.receive(buffer);
            buffer.flip();
            synchronized (counts) {
                if (!isSound(buffer)) {
                    counts[1]++;
                } else if (seen.get(buffer.getInt(8)).get((int) buffer.getLong(12))) {
                    counts[2]++;
                } else {
                    counts[0]++;
                    seen.get(buffer.getInt(8)).set((int) buffer.getLong(12));
                }
            }
        }
    }

    private static boolean isSound(ByteBuffer buffer) {
        int length = buffer.limit();
        return length >= HEADER + TRAILER
                && buffer.getInt(length - 4) == crc(buffer, length)
                && buffer.getInt(20) == length
                && buffer.getLong(0) == GUARD
                && buffer.getLong(length - TRAILER) == GUARD;
    }

    private static void say(long[] counts) {
        while (true) {
            synchronized (counts) {
                System.out.println("got=" + counts[0] + " wrong=" + counts[1] + " doubled=" + counts[2]);
            }
            LockSupport.parkNanos(SAY_MS * 1_000_000L);
        }
    }
}
