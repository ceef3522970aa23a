// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.transport.DatagramBatch;
import io.vpnmesh.transport.TrainForwarder;
import io.vpnmesh.transport.UdpPort;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * A program for a namespace: a longer way to a target. What arrives at {@code PORT} goes on to {@code TARGET}, as it came,
 * {@code DELAY_MS} later.
 */
final class SlowRoad {

    private static final int BATCH = 16;

    /** 100 ms at 10 Gb/s. */
    private static final int ROOM_BYTES = 128 << 20;

    private record Waiting(long dueNs, int at, int length, int slot) {}

    private final MemorySegment room = Arena.global().allocate(ROOM_BYTES, 64);
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private final Endpoint target;
    private final long delayNs;
    private int end;

    private SlowRoad(Endpoint target, int delayMs) {
        this.target = target;
        delayNs = delayMs * 1_000_000L;
    }

    public static void main(String[] arguments) throws IOException {
        new SlowRoad(Endpoint.parse(arguments[1]), Integer.parseInt(arguments[2])).run(Integer.parseInt(arguments[0]));
    }

    private void run(int listen) throws IOException {
        try (UdpPort port = UdpPort.bind(listen);
                DatagramBatch batch = new DatagramBatch(BATCH)) {
            TrainForwarder out = port.newForwarder();
            System.out.println("open");
            while (true) {
                int count = port.receive(batch, 1);
                for (int i = 0; i < count; i++) {
                    take(batch, i);
                }
                while (!waiting.isEmpty() && waiting.element().dueNs <= System.nanoTime()) {
                    pass(out, waiting.remove());
                }
            }
        }
    }

    private void take(DatagramBatch batch, int message) {
        int length = batch.length(message);
        if (end + length > ROOM_BYTES) {
            end = 0;
        }
        if (!waiting.isEmpty() && end <= waiting.element().at && waiting.element().at < end + length) {
            throw new IllegalStateException("more than " + ROOM_BYTES + " bytes on the way");
        }
        MemorySegment.copy(batch.memory(), batch.position(message, 0), room, end, length);
        waiting.add(new Waiting(System.nanoTime() + delayNs, end, length, Math.max(1, batch.slotLength(message))));
        end += length;
    }

    private void pass(TrainForwarder out, Waiting train) {
        for (int at = 0; at < train.length; at += train.slot) {
            out.add(
                    Endpoint.UNSPECIFIED,
                    target,
                    room,
                    (long) train.at + at,
                    Math.min(train.slot, train.length - at),
                    0);
        }
        out.flush();
    }
}
