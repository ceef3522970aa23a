// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.Random;

/**
 * A program for a namespace: a stream one way, as fast as TCP takes it. {@code sink PORT} compares one stream with what
 * {@code pour ADDRESS PORT SECONDS} sends, and says {@code right=} or {@code wrong=} and the bytes up to there.
 */
final class Pour {

    private static final int BLOCK = 1 << 20;
    private static final int SEED = 13;

    /** Less than a UDP socket of the tunnel holds: what is lost is not lost because nobody came to read. */
    private static final int WINDOW_BYTES = 1 << 20;

    private Pour() {}

    public static void main(String[] arguments) throws IOException {
        byte[] block = new byte[BLOCK];
        new Random(SEED).nextBytes(block);
        if (arguments[0].equals("sink")) {
            sink(Integer.parseInt(arguments[1]), block);
        } else {
            pour(arguments[1], Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]), block);
        }
    }

    private static void sink(int port, byte[] expected) throws IOException {
        try (ServerSocket server = new ServerSocket()) {
            server.setReceiveBufferSize(WINDOW_BYTES);
            server.bind(new InetSocketAddress(port));
            try (Socket socket = server.accept()) {
                InputStream in = socket.getInputStream();
                byte[] got = new byte[BLOCK];
                long done = 0;
                for (int count = in.read(got); count > 0; count = in.read(got, 0, BLOCK - (int) (done % BLOCK))) {
                    int at = (int) (done % BLOCK);
                    if (!Arrays.equals(got, 0, count, expected, at, at + count)) {
                        System.out.println("wrong=" + done);
                        return;
                    }
                    done += count;
                }
                System.out.println("right=" + done);
            }
        }
    }

    private static void pour(String address, int port, int seconds, byte[] block) throws IOException {
        try (Socket socket = new Socket(address, port)) {
            OutputStream out = socket.getOutputStream();
            long startNs = System.nanoTime();
            long done = 0;
            while (System.nanoTime() - startNs < seconds * 1_000_000_000L) {
                out.write(block);
                done += BLOCK;
            }
            System.out.println("sent=" + done + " megabitsPerSecond=" + done * 8000 / (System.nanoTime() - startNs));
        }
    }
}
