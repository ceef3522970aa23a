// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.net;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/// The smallest STUN client (RFC 8489): a Binding request without attributes. It looks at the lab from outside the
/// product, so it shares no code with it.
public final class StunProbe {
    private static final int MAGIC = 0x2112A442;
    private static final short BINDING_REQUEST = 0x0001;
    private static final short BINDING_SUCCESS = 0x0101;
    private static final short XOR_MAPPED_ADDRESS = 0x0020;
    private static final int HEADER = 20;
    private static final Duration WAIT = Duration.ofMillis(300);
    private static final int TRIES = 3;

    private StunProbe() {}

    /// The address from which the server saw the request, or empty when it never answered.
    public static Optional<InetSocketAddress> mappedAddress(DatagramSocket socket, InetSocketAddress server)
            throws IOException {
        var id = new byte[12];
        ThreadLocalRandom.current().nextBytes(id);
        var request = ByteBuffer.allocate(HEADER)
                .putShort(BINDING_REQUEST)
                .putShort((short) 0)
                .putInt(MAGIC)
                .put(id)
                .array();
        socket.setSoTimeout((int) WAIT.toMillis());
        for (var i = 0; i < TRIES; i++) {
            socket.send(new DatagramPacket(request, request.length, server));
            var answer = receive(socket, id);
            if (answer.isPresent()) {
                return answer;
            }
        }
        return Optional.empty();
    }

    private static Optional<InetSocketAddress> receive(DatagramSocket socket, byte[] id) throws IOException {
        var packet = new DatagramPacket(new byte[1500], 1500);
        try {
            while (true) {
                socket.receive(packet);
                var message = ByteBuffer.wrap(packet.getData(), 0, packet.getLength());
                if (isAnswer(message, id)) {
                    return xorMapped(message.position(HEADER));
                }
            }
        } catch (SocketTimeoutException _) {
            return Optional.empty();
        }
    }

    private static boolean isAnswer(ByteBuffer message, byte[] id) {
        return message.remaining() >= HEADER
                && message.getShort(0) == BINDING_SUCCESS
                && message.getInt(4) == MAGIC
                && message.slice(8, id.length).equals(ByteBuffer.wrap(id));
    }

    private static Optional<InetSocketAddress> xorMapped(ByteBuffer attributes) throws IOException {
        while (attributes.remaining() >= 4) {
            var type = attributes.getShort();
            var length = Short.toUnsignedInt(attributes.getShort());
            if (type == XOR_MAPPED_ADDRESS && length == 8) {
                var port = attributes.position(attributes.position() + 2).getShort() ^ MAGIC >>> 16;
                var address = ByteBuffer.allocate(4)
                        .putInt(attributes.getInt() ^ MAGIC)
                        .array();
                return Optional.of(new InetSocketAddress(InetAddress.getByAddress(address), port & 0xFFFF));
            }
            attributes.position(Math.min(attributes.limit(), attributes.position() + (length + 3 & ~3)));
        }
        return Optional.empty();
    }
}
