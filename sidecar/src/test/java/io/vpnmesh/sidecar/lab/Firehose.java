// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.UdpPort;
import io.vpnmesh.transport.UdpSender;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.concurrent.locks.LockSupport;

/**
 * A program for a namespace: numbered datagrams in trains, as many as a fast application sends.
 *
 * <p>Shape: {@code number 4 | number, inverted 4 | zeros}
 *
 * <p>Arguments: {@code send TARGET SECONDS MEGABITS}, which says at its end {@code sent=}; or {@code receive PORT}, which says
 * every 100 ms {@code got= wrong= doubled=} and in {@code late=} by how many numbers the latest of all was overtaken.
 */
final class Firehose {

    private static final int DATAGRAM = 1390;
    static final int TRAIN = 44;
    private static final int BATCH = 16;
    private static final long SAY_NS = 100_000_000L;
    private static final long SECOND_NS = 1_000_000_000L;

    static final int WARM_SECONDS = 3;
    private static final long WARM_NS = WARM_SECONDS * SECOND_NS;
    private static final int WARM_FACTOR = 8;

    /** Behind by more than this, the sender goes slower instead of catching up in a burst that no network brings. */
    private static final long MOST_BEHIND_NS = 2_000_000L;

    private Firehose() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments[0].equals("receive")) {
            receive(Integer.parseInt(arguments[1]));
        } else {
            send(Endpoint.parse(arguments[1]), Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
        }
    }

    private static void send(Endpoint to, int seconds, int megabits) throws IOException {
        ByteBuffer train = ByteBuffer.allocate(TRAIN * DATAGRAM);
        long gapNs = 8000L * train.capacity() / megabits;
        int number = 0;
        try (UdpPort port = UdpPort.bind(0);
                UdpSender sender = port.newSender()) {
            long startNs = System.nanoTime();
            long dueNs = startNs;
            while (dueNs - startNs < seconds * SECOND_NS) {
                for (int i = 0; i < TRAIN; i++, number++) {
                    train.putInt(i * DATAGRAM, number).putInt(i * DATAGRAM + 4, ~number);
                }
                sender.sendTrain(train.array(), 0, train.capacity(), DATAGRAM, to);
                // Slowly at first: whoever has just started is not compiled yet.
                long patience = Math.max(1, (WARM_NS - (dueNs - startNs)) * WARM_FACTOR / WARM_NS);
                dueNs = Math.max(dueNs + gapNs * patience, System.nanoTime() - MOST_BEHIND_NS);
                LockSupport.parkNanos(dueNs - System.nanoTime());
            }
            long bits = 8L * DATAGRAM * number;
            System.out.println("sent=" + port.counters().sentDatagrams() + " megabitsPerSecond="
                    + bits * 1000 / (System.nanoTime() - startNs));
        }
    }

    private static void receive(int listen) throws IOException {
        BitSet seen = new BitSet();
        long got = 0;
        long wrong = 0;
        long doubled = 0;
        int highest = 0;
        int late = 0;
        long saidNs = 0;
        try (UdpPort port = UdpPort.bind(listen);
                DatagramBatch batch = new DatagramBatch(BATCH)) {
            while (true) {
                int count = port.receive(batch, 50);
                for (int i = 0; i < count; i++) {
                    for (int at = 0; at < batch.length(i); at += batch.slotLength(i)) {
                        int number = batch.wordAt(i, at);
                        if (batch.wordAt(i, at + 4) != ~number || number < 0) {
                            wrong++;
                        } else if (seen.get(number)) {
                            doubled++;
                        } else {
                            seen.set(number);
                            got++;
                            highest = Math.max(highest, number);
                            late = Math.max(late, highest - number);
                        }
                    }
                }
                if (System.nanoTime() - saidNs > SAY_NS) {
                    saidNs = System.nanoTime();
                    System.out.println("got=" + got + " wrong=" + wrong + " doubled=" + doubled + " late=" + late);
                }
            }
        }
    }
}
