// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.directory.ctl.LengthFraming;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/**
 * One TLS connection to a relay, speaking one application protocol in bodies behind four bytes of length. Blocking, for
 * a virtual thread; one thread reads, one writes.
 */
public final class TlsConnection implements Closeable {

    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final int HANDSHAKE_TIMEOUT_MS = 10_000;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final SSLSocket socket;
    private final InputStream in;
    private final OutputStream out;
    private final LengthFraming framing;
    private final Deque<byte[]> received = new ArrayDeque<>();
    private final byte[] buffer = new byte[BUFFER_BYTES];

    private TlsConnection(SSLSocket socket, int maxBodyBytes) throws IOException {
        this.socket = socket;
        this.in = socket.getInputStream();
        this.out = socket.getOutputStream();
        this.framing = new LengthFraming(maxBodyBytes);
    }

    /**
     * Connects and shakes hands.
     *
     * @param alpn refused unless the relay chooses it
     * @param silenceMs a relay that says nothing for so long is taken for dead
     */
    public static TlsConnection open(HostPort address, SSLContext context, String alpn, int maxBodyBytes, int silenceMs)
            throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket();
        try {
            socket.connect(new InetSocketAddress(address.host(), address.port()), CONNECT_TIMEOUT_MS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(HANDSHAKE_TIMEOUT_MS);
            socket.setSSLParameters(MeshTls.parameters(false, alpn));
            socket.startHandshake();
            if (!alpn.equals(socket.getApplicationProtocol())) {
                throw new IOException(address + " does not speak " + alpn + ": is it a relay of this mesh?");
            }
            socket.setSoTimeout(silenceMs);
            return new TlsConnection(socket, maxBodyBytes);
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }

    public SSLSession session() {
        return socket.getSession();
    }

    public void write(byte[] body) throws IOException {
        out.write(LengthFraming.frame(body));
        out.flush();
    }

    /** The next body. Errors: IOException at the end, MalformedException when the relay breaks the framing. */
    public byte[] read() throws IOException, MalformedException {
        while (received.isEmpty()) {
            int count = in.read(buffer);
            if (count < 0) {
                throw new IOException("the relay closed the connection");
            }
            received.addAll(framing.receive(buffer, 0, count));
        }
        return received.removeFirst();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
