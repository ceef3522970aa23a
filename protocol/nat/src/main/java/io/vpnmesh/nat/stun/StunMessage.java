// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.stun;

import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A STUN message (RFC 8489 section 5) without its MESSAGE-INTEGRITY and FINGERPRINT attributes, which belong to the
 * bytes: {@link StunCodec} adds and checks them.
 *
 * @param type class and method as they stand on the wire
 */
public record StunMessage(int type, TransactionId transactionId, List<StunAttribute> attributes) {

    public static final int BINDING_REQUEST = 0x0001;
    public static final int BINDING_SUCCESS = 0x0101;
    public static final int BINDING_ERROR = 0x0111;

    /** RFC 8489 section 14.8: the client should retry with the NONCE of this answer. */
    public static final int STALE_NONCE = 438;

    private static final int CLASS_MASK = 0x0110;

    public StunMessage {
        attributes = List.copyOf(attributes);
    }

    public boolean isRequest() {
        return (type & CLASS_MASK) == 0;
    }

    /** A success or an error. */
    public boolean isResponse() {
        return (type & 0x0100) != 0;
    }

    public byte @Nullable [] value(int attributeType) {
        for (StunAttribute attribute : attributes) {
            if (attribute.type() == attributeType) {
                return attribute.value();
            }
        }
        return null;
    }

    /** The reflexive address; empty also when it is malformed. MAPPED-ADDRESS of older servers counts too. */
    public Optional<Endpoint> mappedAddress() {
        byte[] xor = value(StunAttribute.XOR_MAPPED_ADDRESS);
        byte[] plain = value(StunAttribute.MAPPED_ADDRESS);
        try {
            if (xor != null) {
                return Optional.of(XorAddress.decode(xor, transactionId));
            }
            return plain == null ? Optional.empty() : Optional.of(XorAddress.decodePlain(plain));
        } catch (MalformedException _) {
            return Optional.empty();
        }
    }

    public Optional<String> username() {
        return text(StunAttribute.USERNAME);
    }

    public Optional<String> nonce() {
        return text(StunAttribute.NONCE);
    }

    /** 300 to 699; empty without a well-formed ERROR-CODE. */
    public OptionalInt errorCode() {
        byte[] value = value(StunAttribute.ERROR_CODE);
        if (value == null || value.length < 4 || (value[3] & 0xFF) > 99) {
            return OptionalInt.empty();
        }
        int hundreds = value[2] & 7;
        return hundreds < 3 || hundreds > 6 ? OptionalInt.empty() : OptionalInt.of(hundreds * 100 + value[3]);
    }

    private Optional<String> text(int attributeType) {
        byte[] value = value(attributeType);
        return value == null ? Optional.empty() : Optional.of(new String(value, StandardCharsets.UTF_8));
    }

    public static Builder request(TransactionId id) {
        return new Builder(BINDING_REQUEST, id);
    }

    public static Builder success(TransactionId id) {
        return new Builder(BINDING_SUCCESS, id);
    }

    public static Builder error(TransactionId id, int code, String reason) {
        byte[] phrase = reason.getBytes(StandardCharsets.UTF_8);
        byte[] value = new WireWriter(4 + phrase.length)
                .u16(0)
                .u8(code / 100)
                .u8(code % 100)
                .bytes(phrase)
                .toByteArray();
        return new Builder(BINDING_ERROR, id).with(StunAttribute.ERROR_CODE, value);
    }

    /** Collects attributes in the order in which they go on the wire. */
    public static final class Builder {

        private final int type;
        private final TransactionId id;
        private final List<StunAttribute> attributes = new ArrayList<>();

        private Builder(int type, TransactionId id) {
            this.type = type;
            this.id = id;
        }

        public Builder with(int attributeType, byte[] value) {
            attributes.add(new StunAttribute(attributeType, value));
            return this;
        }

        public Builder username(String username) {
            return with(StunAttribute.USERNAME, username.getBytes(StandardCharsets.UTF_8));
        }

        public Builder nonce(String nonce) {
            return with(StunAttribute.NONCE, nonce.getBytes(StandardCharsets.UTF_8));
        }

        public Builder software(String software) {
            return with(StunAttribute.SOFTWARE, software.getBytes(StandardCharsets.UTF_8));
        }

        public Builder mappedAddress(Endpoint endpoint) {
            return with(StunAttribute.XOR_MAPPED_ADDRESS, XorAddress.encode(endpoint, id));
        }

        /** @param lengthBytes the attribute's value; 4 more on the wire, rounded up to 4 */
        public Builder padding(int lengthBytes) {
            return with(StunAttribute.PADDING, new byte[lengthBytes]);
        }

        public StunMessage build() {
            return new StunMessage(type, id, attributes);
        }
    }
}
