// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

/**
 * A program for a namespace: {@code server PORT} echoes numbers, {@code client ADDRESS PORT} counts up as fast as every
 * 5 ms and says at each number's return how long the longest wait was. It ends at the first wrong number. {@code bulk
 * ADDRESS PORT BYTES} sends so much of a pattern as fast as it can, checks its echo byte by byte, and says the rate.
 */
final class TcpStream {

    private static final int PAYLOAD = 1000;
    private static final int SAY_EVERY = 50;

    private TcpStream() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        if (arguments[0].equals("server")) {
            serve(Integer.parseInt(arguments[1]));
        } else if (arguments[0].equals("bulk")) {
            BulkEcho.run(arguments[1], Integer.parseInt(arguments[2]), Long.parseLong(arguments[3]));
        } else {
            count(arguments[1], Integer.parseInt(arguments[2]));
        }
    }

    private static void serve(int port) throws IOException {
        try (ServerSocket server = new ServerSocket(port)) {
            while (true) {
                Socket client = server.accept();
                Thread.ofPlatform().daemon().start(() -> echo(client));
            }
        }
    }

    private static void echo(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException _) {
            // the client has left
        }
    }

    private static void count(String address, int port) throws IOException, InterruptedException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), 20_000);
            socket.setTcpNoDelay(true);
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] payload = new byte[PAYLOAD];
            long longestNs = 0;
            for (long number = 0; ; number++) {
                long before = System.nanoTime();
                out.writeLong(number);
                out.write(payload);
                if (in.readLong() != number) {
                    System.out.println("wrong number after " + number);
                    return;
                }
                in.readFully(payload);
                longestNs = Math.max(longestNs, System.nanoTime() - before);
                if (number % SAY_EVERY == 0) {
                    System.out.println("count=" + number + " longestMs=" + longestNs / 1_000_000);
                }
                Thread.sleep(5);
            }
        }
    }
}
