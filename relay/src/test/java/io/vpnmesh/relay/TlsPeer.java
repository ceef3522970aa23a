// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay;

import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.ctl.LengthFraming;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** The other end of a relay's TLS: length-prefixed messages over a plain blocking socket. */
final class TlsPeer implements AutoCloseable {

    private static final int WAIT_MS = 10_000;

    private final SSLSocket socket;
    private final DataInputStream in;

    TlsPeer(SSLContext context, int port, String... alpn) throws IOException {
        socket = (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(WAIT_MS);
        socket.setSSLParameters(MeshTls.parameters(false, alpn));
        socket.startHandshake();
        in = new DataInputStream(socket.getInputStream());
    }

    void send(byte[] body) throws IOException {
        socket.getOutputStream().write(LengthFraming.frame(body));
    }

    void sendRaw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(CtlMessage message) throws IOException {
        send(CtlCodec.encode(message));
    }

    byte[] read() throws IOException {
        byte[] body = new byte[in.readInt()];
        in.readFully(body);
        return body;
    }

    /** The next message of this kind; others before it are skipped. */
    <T extends CtlMessage> T await(Class<T> type) throws Exception {
        while (true) {
            CtlMessage message = CtlCodec.decode(read());
            if (type.isInstance(message)) {
                return type.cast(message);
            }
        }
    }

    /** Whether the other end closes without another message. */
    boolean isClosed() {
        try {
            read();
            return false;
        } catch (EOFException _) {
            return true;
        } catch (IOException e) {
            // A reset or an alert ends a connection as well as an orderly close does; silence does not.
            return !(e instanceof java.net.SocketTimeoutException);
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
