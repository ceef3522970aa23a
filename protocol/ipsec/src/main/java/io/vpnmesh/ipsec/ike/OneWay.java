// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkeMessageCodec;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.PayloadType;
import io.vpnmesh.ipsec.message.Payloads;
import java.util.OptionalInt;

/** Notifications outside of an IKE SA that want no answer (RFC 7296 section 1.5): INVALID_SPI. */
final class OneWay {

    /** Stands for no IKE SA; not zero, because some drop a message with a zero SPI of its initiator unseen. */
    private static final long ANY_SPI = -1L;

    private OneWay() {}

    // = rfc7296#1.5
    // # In case of INVALID_SPI, however, there are no IKE SPI values that would be meaningful to the recipient of such
    // a
    // # notification.  Using zero values or random values are both acceptable, this being the exception to the rule in
    // # Section 3.1 that prohibits zero IKE Initiator SPIs.  The Initiator flag is set to 1, the Response flag is set
    // to
    // # 0, and the version flags are set in the normal fashion; these flags are described in Section 3.1.
    static byte[] invalidSpi(int espSpi) {
        IkeHeader header = new IkeHeader(
                ANY_SPI, 0, 0, IkeHeader.VERSION_2_0, ExchangeType.INFORMATIONAL, IkeHeader.FLAG_INITIATOR, 0);
        return IkeMessageCodec.encode(
                header, Payloads.of(new Notify(NotifyType.INVALID_SPI, ChildNegotiation.spiBytes(espSpi))));
    }

    /** The ESP SPI that a peer says it does not know; empty if the message is something else. */
    static OptionalInt invalidSpi(IkeHeader header, byte[] message) throws MalformedException {
        boolean fits = header.exchange() == ExchangeType.INFORMATIONAL
                && !header.isResponse()
                && header.fromInitiator()
                && header.messageId() == 0
                && header.nextPayload() == PayloadType.NOTIFY;
        if (!fits) {
            return OptionalInt.empty();
        }
        return IkeMessageCodec.decode(message, header)
                .notify(NotifyType.INVALID_SPI)
                .map(Notify::data)
                .filter(data -> data.length == 4)
                .map(data -> OptionalInt.of(ChildNegotiation.spi(data)))
                .orElse(OptionalInt.empty());
    }
}
