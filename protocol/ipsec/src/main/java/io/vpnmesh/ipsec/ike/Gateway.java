// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireReader;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.NotifyType;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Where REDIRECT sends a client (RFC 5685 section 6): an address, or a name that the shell resolves. */
public sealed interface Gateway {

    record Address(IpAddress address) implements Gateway {}

    /** @param fqdn a DNS name; between our own, that of the node in its certificate */
    record Name(String fqdn) implements Gateway {
        private static final Pattern DNS = Pattern.compile("[A-Za-z0-9._-]{1,253}");

        public Name {
            if (!DNS.matcher(fqdn).matches()) {
                throw new IllegalArgumentException("not a DNS name of a gateway");
            }
        }
    }

    /** Shape: {@code type 1 (1 IPv4, 2 IPv6, 3 FQDN) | length 1 | identity | nonce}. */
    static Notify redirect(Gateway to, byte[] nonce) {
        byte[] identity = switch (to) {
            case Address address -> address.address.bytes();
            case Name name -> name.fqdn.getBytes(StandardCharsets.US_ASCII);
        };
        int type = switch (to) {
            case Address address -> address.address.family() == 4 ? 1 : 2;
            case Name _ -> 3;
        };
        return new Notify(
                NotifyType.REDIRECT,
                new WireWriter(2 + identity.length + nonce.length)
                        .u8(type)
                        .u8(identity.length)
                        .bytes(identity)
                        .bytes(nonce)
                        .toByteArray());
    }

    /** What a REDIRECT says. */
    record Redirect(Gateway to, byte[] nonce) {

        /** Errors: MalformedException for another shape. */
        static Redirect decode(Notify notify) throws MalformedException {
            WireReader reader = new WireReader(notify.data());
            int type = reader.u8("gateway identity type");
            int length = reader.u8("gateway identity length");
            byte[] identity = reader.bytes(length, "gateway identity");
            byte[] nonce = reader.rest();
            if (type == 1 && length == 4 || type == 2 && length == 16) {
                return new Redirect(new Address(IpAddress.of(identity)), nonce);
            }
            String text = new String(identity, StandardCharsets.US_ASCII);
            if (type != 3 || !Name.DNS.matcher(text).matches()) {
                throw new MalformedException(0, "gateway identity", "of type " + type);
            }
            return new Redirect(new Name(text), nonce);
        }

        boolean answers(byte[] ourNonce) {
            return Arrays.equals(nonce, ourNonce);
        }
    }

    /** REDIRECTED_FROM: the gateway that sent us here; the same shape without nonce. */
    static Notify redirectedFrom(IpAddress gateway) {
        byte[] data = redirect(new Address(gateway), new byte[0]).data();
        return new Notify(NotifyType.REDIRECTED_FROM, data);
    }
}
