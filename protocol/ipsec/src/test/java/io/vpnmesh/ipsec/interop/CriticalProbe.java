// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.message.Proposal;
import io.vpnmesh.ipsec.message.Transform;
import io.vpnmesh.ipsec.message.TransformType;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * Sends one IKE_SA_INIT with a payload that is critical and of a type that nobody knows, and prints the answer
 * (RFC 7296 section 2.5). Argument: the address to ask on port 4500.
 */
public final class CriticalProbe {

    /** Unassigned; 128 to 255 are for private use. */
    static final int UNKNOWN_TYPE = 200;

    private static final int MARKER = 4;
    private static final int TIMEOUT_MS = 5_000;

    private CriticalProbe() {}

    public static void main(String[] args) throws Exception {
        IkePayload unknown = new IkePayload.Unknown(UNKNOWN_TYPE, true, new byte[] {1, 2, 3, 4});
        IkeHeader header = new IkeHeader(
                0x5ca1ab1e_0ddba11L,
                0,
                0,
                IkeHeader.VERSION_2_0,
                ExchangeType.IKE_SA_INIT,
                IkeHeader.FLAG_INITIATOR,
                0);
        // All that a request needs is there, so that nothing else is wrong with it.
        List<Transform> transforms = List.of(
                new Transform(TransformType.ENCR, TransformType.ENCR_AES_GCM_16, 256),
                new Transform(TransformType.PRF, TransformType.PRF_HMAC_SHA2_256),
                new Transform(TransformType.KE, TransformType.KE_X25519));
        byte[] basePoint = new byte[32];
        basePoint[0] = 9;
        Payloads request = Payloads.of(
                new IkePayload.SecurityAssociation(
                        List.of(new Proposal(1, TransformType.PROTOCOL_IKE, new byte[0], transforms))),
                new IkePayload.KeyExchange(TransformType.KE_X25519, basePoint),
                new IkePayload.Nonce(new byte[32]),
                unknown);
        byte[] message = IkeMessageCodec.encode(header, request);
        byte[] datagram = new byte[MARKER + message.length];
        System.arraycopy(message, 0, datagram, MARKER, message.length);
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.setSoTimeout(TIMEOUT_MS);
            socket.send(new DatagramPacket(datagram, datagram.length, InetAddress.getByName(args[0]), 4500));
            DatagramPacket answer = new DatagramPacket(new byte[1500], 1500);
            socket.receive(answer);
            byte[] received = Arrays.copyOfRange(answer.getData(), MARKER, answer.getLength());
            Payloads payloads = IkeMessageCodec.decode(received, IkeHeader.decode(received));
            IkePayload.Notify notify = payloads.error().orElseThrow();
            boolean isIt = notify.notifyType() == NotifyType.UNSUPPORTED_CRITICAL_PAYLOAD;
            System.out.println("answer " + (isIt ? "UNSUPPORTED_CRITICAL_PAYLOAD " : notify.notifyType() + " ")
                    + (notify.data().length == 0 ? "nothing" : String.valueOf(notify.data()[0] & 0xFF)));
        }
    }
}
