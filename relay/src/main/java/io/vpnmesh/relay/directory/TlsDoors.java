// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.relay.directory;

import io.vpnmesh.directory.ctl.CtlCodec;
import io.vpnmesh.directory.ctl.LengthFraming;
import io.vpnmesh.directory.join.JoinRequest;
import io.vpnmesh.transport.MachineDriver;
import io.vpnmesh.transport.tls.TlsConnection;
import io.vpnmesh.transport.tls.TlsProtocol;
import java.util.List;

/** The two protocols of the relay's TLS port. What arrives goes to the conductor; a full mailbox slows the sender down. */
public final class TlsDoors {

    private static final int MAX_CONTROL_CONNECTIONS = 256;
    /** Joiners are strangers, and seldom. */
    private static final int MAX_JOINERS = 32;

    private static final int JOIN_IDLE_SECONDS = 40;

    private TlsDoors() {}

    /** Both protocols. */
    public static List<TlsProtocol> to(DirectoryHub hub, MachineDriver conductor) {
        return List.of(
                new TlsProtocol(
                        CtlCodec.ALPN,
                        LengthFraming.MAX_CTL_BYTES,
                        MAX_CONTROL_CONNECTIONS,
                        0,
                        new Control(hub, conductor)),
                new TlsProtocol(
                        JoinRequest.ALPN,
                        LengthFraming.MAX_JOIN_BYTES,
                        MAX_JOINERS,
                        JOIN_IDLE_SECONDS,
                        new Joins(hub, conductor)));
    }

    private record Control(DirectoryHub hub, MachineDriver conductor) implements TlsProtocol.Listener {
        @Override
        public void onOpened(TlsConnection connection) {
            conductor.post(() -> hub.opened(connection));
        }

        @Override
        public void onMessage(TlsConnection connection, byte[] body) {
            conductor.post(() -> hub.received(connection, body, conductor.nowNs()));
        }

        @Override
        public void onClosed(TlsConnection connection) {
            conductor.post(() -> hub.closed(connection));
        }
    }

    private record Joins(DirectoryHub hub, MachineDriver conductor) implements TlsProtocol.Listener {
        @Override
        public void onOpened(TlsConnection connection) {
            conductor.post(() -> hub.joinerOpened(connection, conductor.nowNs()));
        }

        @Override
        public void onMessage(TlsConnection connection, byte[] body) {
            conductor.post(() -> hub.joinRequested(connection, body));
        }

        @Override
        public void onClosed(TlsConnection connection) {
            conductor.post(() -> hub.joinerClosed(connection));
        }
    }
}
