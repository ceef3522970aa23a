// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.directory;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.MeshKeyPair;
import io.vpnmesh.core.x509.MeshTls;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.NodeRole;
import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.CtlMessage;
import io.vpnmesh.directory.ctl.LengthFraming;
import io.vpnmesh.operator.ca.MeshKeys;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;

/**
 * The least that a relay does for the directory, over real TLS: it keeps frames in the order in which they came, and
 * hands them to whoever subscribes. It verifies nothing, so it can also be the relay that lies.
 */
final class FanOutRelay implements AutoCloseable {

    private final SSLServerSocket server;
    private final List<SSLSocket> members = new CopyOnWriteArrayList<>();
    private final List<SSLSocket> subscribers = new CopyOnWriteArrayList<>();
    private final List<byte[]> frames = new ArrayList<>();

    FanOutRelay(MeshKeys keys) throws IOException {
        SecureRandom random = new SecureRandom();
        MeshKeyPair pair = MeshKeyPair.generate(keys.terms().suiteName(), random);
        NodeIdentity identity = new NodeIdentity(
                keys.meshId(),
                keys.clusterId(),
                keys.nodeOf("relay"),
                1,
                NodeRole.RELAY,
                "net",
                "blue-relay",
                List.of(IpAddress.parse("198.18.0.1")));
        SSLContext tls = MeshTls.context(
                pair.privateKey(),
                List.of(
                        keys.issuer().newLeaf(pair.publicKey(), identity, Instant.now(), Duration.ofHours(1)),
                        keys.intermediate(),
                        keys.root()),
                () -> new CertificateVerifier(List.of(keys.root()), List.of()),
                member -> member.role() == NodeRole.OPERATOR,
                InstantSource.system());
        server = (SSLServerSocket)
                tls.getServerSocketFactory().createServerSocket(0, 8, InetAddress.getLoopbackAddress());
        server.setSSLParameters(MeshTls.parameters(true, CtlCodec.ALPN));
        Thread.ofVirtual().name("fan-out-accept").start(this::accept);
    }

    HostPort address() {
        return new HostPort("127.0.0.1", server.getLocalPort());
    }

    /** Hands a message to every subscriber, as a relay with a mind of its own would. */
    void inject(CtlMessage message) throws IOException {
        for (SSLSocket subscriber : subscribers) {
            write(subscriber, message);
        }
    }

    /** Forgets everything and everybody, like a relay that was restarted. */
    void restart() throws IOException {
        synchronized (frames) {
            frames.clear();
        }
        subscribers.clear();
        for (SSLSocket member : members) {
            member.close();
        }
        members.clear();
    }

    int memberCount() {
        return members.size();
    }

    private void accept() {
        try {
            while (true) {
                SSLSocket socket = (SSLSocket) server.accept();
                Thread.ofVirtual().name("fan-out").start(() -> serve(socket));
            }
        } catch (IOException e) {
            return; // closed
        }
    }

    private void serve(SSLSocket socket) {
        LengthFraming framing = new LengthFraming(LengthFraming.MAX_CTL_BYTES);
        byte[] buffer = new byte[16 * 1024];
        try (socket;
                InputStream in = socket.getInputStream()) {
            socket.startHandshake();
            members.add(socket);
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                for (byte[] body : framing.receive(buffer, 0, count)) {
                    take(socket, CtlCodec.decode(body));
                }
            }
        } catch (IOException | MalformedException e) {
            subscribers.remove(socket);
        } finally {
            members.remove(socket);
            subscribers.remove(socket);
        }
    }

    private void take(SSLSocket from, CtlMessage message) throws IOException {
        if (message instanceof CtlMessage.Publish publish) {
            synchronized (frames) {
                frames.add(publish.frame());
            }
            for (SSLSocket subscriber : subscribers) {
                if (!subscriber.equals(from)) {
                    write(subscriber, message);
                }
            }
        } else if (message instanceof CtlMessage.Subscribe) {
            subscribers.add(from);
            List<byte[]> all;
            synchronized (frames) {
                all = List.copyOf(frames);
            }
            for (byte[] frame : all) {
                write(from, new CtlMessage.Publish(frame));
            }
        }
    }

    private static void write(SSLSocket socket, CtlMessage message) throws IOException {
        synchronized (socket) {
            socket.getOutputStream().write(LengthFraming.frame(CtlCodec.encode(message)));
            socket.getOutputStream().flush();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        restart();
    }
}
