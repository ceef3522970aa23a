// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tls;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.ssl.SslHandler;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.net.IpAddress;
import java.net.InetSocketAddress;
import javax.net.ssl.SSLSession;

/** One accepted connection after its handshake. Every method may be called from any thread. */
public final class TlsConnection {

    private static final int LENGTH_BYTES = 4;

    private final Channel channel;
    private final String alpn;
    private final SSLSession session;
    private final Endpoint remote;

    TlsConnection(Channel channel, String alpn, SslHandler tls) {
        this.channel = channel;
        this.alpn = alpn;
        session = tls.engine().getSession();
        InetSocketAddress address = (InetSocketAddress) channel.remoteAddress();
        remote = new Endpoint(IpAddress.of(address.getAddress().getAddress()), address.getPort());
    }

    public String alpn() {
        return alpn;
    }

    /** The finished handshake: who the peer is, if it showed a certificate. */
    public SSLSession session() {
        return session;
    }

    public Endpoint remote() {
        return remote;
    }

    /**
     * Sends one message behind its length. The array is only read, and must not change any more.
     * Errors: a connection whose peer does not read is closed, rather than its messages kept
     */
    public void send(byte[] body) {
        if (!channel.isWritable()) {
            channel.close();
            return;
        }
        channel.writeAndFlush(Unpooled.wrappedBuffer(
                Unpooled.buffer(LENGTH_BYTES).writeInt(body.length), Unpooled.wrappedBuffer(body)));
    }

    /** Sends a last message and closes behind it. */
    public void sendAndClose(byte[] body) {
        channel.writeAndFlush(Unpooled.wrappedBuffer(
                        Unpooled.buffer(LENGTH_BYTES).writeInt(body.length), Unpooled.wrappedBuffer(body)))
                .addListener(ChannelFutureListener.CLOSE);
    }

    public void close() {
        channel.close();
    }

    @Override
    public String toString() {
        return alpn + " from " + remote;
    }
}
