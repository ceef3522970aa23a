// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.tls;

/**
 * One protocol of a {@link TlsServer}. Callbacks come from the server's own thread and must only pass on.
 *
 * @param alpn its name in the handshake (RFC 7301)
 * @param maxMessageBytes a longer message closes the connection
 * @param maxConnections at a time; more are closed at once
 * @param idleSeconds without a message from the peer before the connection is closed; 0 = no limit
 */
public record TlsProtocol(String alpn, int maxMessageBytes, int maxConnections, int idleSeconds, Listener listener) {

    /** Hears of connections of this protocol. */
    public interface Listener {
        void onOpened(TlsConnection connection);

        /** One message without its length; the array belongs to the listener. */
        void onMessage(TlsConnection connection, byte[] body);

        /** Comes once for each {@link #onOpened}. */
        void onClosed(TlsConnection connection);
    }
}
