// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.signal;

/** Kinds of signalling datagrams. Kinds below 16 go from client to client, the others end at the relay. */
public final class SignalKind {

    public static final int IKE = 1;
    public static final int HINT_CANDIDATES = 2;
    public static final int PRIMED = 3;
    public static final int CALL_ME = 4;

    public static final int LEASE = 16;
    public static final int LEASE_ANSWER = 17;
    public static final int RELEASE = 18;
    public static final int MOVE = 19;
    public static final int ERROR = 20;
    public static final int PIN = 21;
    public static final int PIN_ANSWER = 22;
    public static final int DELAYED = 23;

    private SignalKind() {}

    public static boolean isBetweenClients(int kind) {
        return kind > 0 && kind < LEASE;
    }
}
