// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tls;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.vpnmesh.core.net.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/**
 * Accepts TLS 1.3 and hands each connection to the protocol that ALPN names; without a known name it closes. A client
 * certificate is asked for and not demanded: the protocol decides what it needs.
 */
public final class TlsServer implements AutoCloseable {

    private static final long HANDSHAKE_TIMEOUT_MS = 10_000;
    private static final int BACKLOG = 128;

    /** A snapshot of a large cluster may wait for a slow reader; beyond that the reader is given up. */
    private static final WriteBufferWaterMark UNSENT = new WriteBufferWaterMark(4 << 20, 16 << 20);

    /** Connections in any state, so that strangers cannot take all descriptors. */
    private static final int MAX_CONNECTIONS = 1024;

    private final EventLoopGroup loop;
    private final Channel server;
    private final Supplier<SSLContext> context;
    private final List<TlsProtocol> protocols;
    private final Map<String, AtomicInteger> perProtocol;
    private final AtomicInteger connections = new AtomicInteger();

    /**
     * Starts to listen.
     *
     * @param context asked for each connection, so that a renewed certificate is shown
     * @param protocols in order of preference
     */
    public TlsServer(Endpoint local, Supplier<SSLContext> context, List<TlsProtocol> protocols) throws IOException {
        this.context = context;
        this.protocols = List.copyOf(protocols);
        perProtocol = ProtocolSelector.counters(protocols);
        loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
        InetSocketAddress address = local.address().isUnspecified()
                ? new InetSocketAddress(local.port())
                : new InetSocketAddress(InetAddress.getByAddress(local.address().bytes()), local.port());
        var bound = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.ALLOCATOR, new UnpooledByteBufAllocator(false))
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, UNSENT)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accept(channel);
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
            throw new IOException(
                    "cannot listen on TCP " + local + " (" + bound.cause().getMessage() + "); change tls.port",
                    bound.cause());
        }
        server = bound.channel();
    }

    private void accept(Channel channel) {
        if (connections.incrementAndGet() > MAX_CONNECTIONS) {
            connections.decrementAndGet();
            channel.close();
            return;
        }
        channel.closeFuture().addListener(_ -> connections.decrementAndGet());
        SSLEngine engine = context.get().createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setApplicationProtocols(
                protocols.stream().map(TlsProtocol::alpn).toArray(String[]::new));
        parameters.setWantClientAuth(true);
        engine.setSSLParameters(parameters);
        SslHandler tls = new SslHandler(engine);
        tls.setHandshakeTimeoutMillis(HANDSHAKE_TIMEOUT_MS);
        channel.pipeline().addLast(tls, new ProtocolSelector(tls, protocols, perProtocol));
    }

    /** The port that it listens on. */
    public int port() {
        return ((InetSocketAddress) server.localAddress()).getPort();
    }

    /** Connections in any state. */
    public int connections() {
        return connections.get();
    }

    @Override
    public void close() {
        server.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
}
