// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;

/** Sends as fast as TCP takes it and compares what comes back, byte by byte. */
final class BulkEcho {

    private static final int BLOCK = 1 << 16;
    private static final int SEED = 11;

    private BulkEcho() {}

    static void run(String address, int port, long bytes) throws IOException, InterruptedException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 20_000);
            long before = System.nanoTime();
            Thread sender = Thread.ofPlatform().daemon().start(() -> send(socket, bytes));
            DataInputStream in = new DataInputStream(socket.getInputStream());
            Random random = new Random(SEED);
            byte[] expected = new byte[BLOCK];
            byte[] got = new byte[BLOCK];
            for (long done = 0; done < bytes; done += BLOCK) {
                random.nextBytes(expected);
                in.readFully(got);
                if (!Arrays.equals(expected, got)) {
                    System.out.println("wrong after " + (done + Arrays.mismatch(expected, got)));
                    return;
                }
            }
            sender.join();
            System.out.println("right=" + bytes + " megabitsPerSecond=" + bytes * 8000 / (System.nanoTime() - before));
        }
    }

    private static void send(Socket socket, long bytes) {
        try {
            OutputStream out = socket.getOutputStream();
            Random random = new Random(SEED);
            byte[] block = new byte[BLOCK];
            for (long done = 0; done < bytes; done += BLOCK) {
                random.nextBytes(block);
                out.write(block);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
