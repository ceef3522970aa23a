// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Waits for the handshake, then installs the framing and the listener of the protocol that it settled on. */
final class ProtocolSelector extends ChannelInboundHandlerAdapter {

    private static final System.Logger LOG = System.getLogger(ProtocolSelector.class.getName());
    private static final int LENGTH_BYTES = 4;

    private final SslHandler tls;
    private final List<TlsProtocol> protocols;
    private final Map<String, AtomicInteger> open;

    ProtocolSelector(SslHandler tls, List<TlsProtocol> protocols, Map<String, AtomicInteger> open) {
        this.tls = tls;
        this.protocols = protocols;
        this.open = open;
    }

    static Map<String, AtomicInteger> counters(List<TlsProtocol> protocols) {
        Map<String, AtomicInteger> counters = new ConcurrentHashMap<>();
        protocols.forEach(protocol -> counters.put(protocol.alpn(), new AtomicInteger()));
        return counters;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
        if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
            context.fireUserEventTriggered(event);
            return;
        }
        if (!handshake.isSuccess()) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    "event=tls-refused remote=" + context.channel().remoteAddress() + " reason=\""
                            + handshake.cause().getMessage() + "\"");
            context.close();
            return;
        }
        String alpn = tls.engine().getApplicationProtocol();
        for (TlsProtocol protocol : protocols) {
            if (protocol.alpn().equals(alpn)) {
                install(context, protocol);
                return;
            }
        }
        context.close(); // no ALPN: not one of ours
    }

    private void install(ChannelHandlerContext context, TlsProtocol protocol) {
        AtomicInteger count = open.computeIfAbsent(protocol.alpn(), _ -> new AtomicInteger());
        if (count.incrementAndGet() > protocol.maxConnections()) {
            count.decrementAndGet();
            context.close();
            return;
        }
        context.channel().closeFuture().addListener(_ -> count.decrementAndGet());
        TlsConnection connection = new TlsConnection(context.channel(), protocol.alpn(), tls);
        if (protocol.idleSeconds() > 0) {
            context.pipeline().addLast(new ReadTimeoutHandler(protocol.idleSeconds()));
        }
        context.pipeline()
                .addLast(
                        new LengthFieldBasedFrameDecoder(
                                protocol.maxMessageBytes() + LENGTH_BYTES, 0, LENGTH_BYTES, 0, LENGTH_BYTES),
                        new Messages(connection, protocol.listener()));
        protocol.listener().onOpened(connection);
        context.pipeline().remove(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        context.close(); // the handshake event has told why
    }

    /** The last handler: whole messages and the end. */
    private static final class Messages extends SimpleChannelInboundHandler<ByteBuf> {
        private final TlsConnection connection;
        private final TlsProtocol.Listener listener;

        private Messages(TlsConnection connection, TlsProtocol.Listener listener) {
            this.connection = connection;
            this.listener = listener;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf message) {
            listener.onMessage(connection, ByteBufUtil.getBytes(message));
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            listener.onClosed(connection);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.log(
                    System.Logger.Level.INFO,
                    "event=tls-closed protocol=" + connection.alpn() + " remote=" + connection.remote() + " reason=\""
                            + cause.getClass().getSimpleName() + ": " + cause.getMessage() + "\"");
            context.close();
        }
    }
}
