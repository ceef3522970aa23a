// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.PayloadType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * SK and SKF payloads of one IKE SA (RFC 7296 section 3.14, RFC 5282, RFC 7383): seals payload chains into datagrams and
 * opens what comes.
 */
final class IkeCipher implements AutoCloseable {

    private static final int GENERIC_HEADER = 4;
    private static final int FRAGMENT_HEADER = 4;
    private static final int IV = 8;
    /** IV, pad length octet and ICV. */
    private static final int OVERHEAD = IV + 1 + Aead.TAG_LENGTH;

    private final Aead sealing;
    private final Aead opening;
    private final byte[] sealNonce = new byte[Aead.NONCE_LENGTH];
    private final byte[] openNonce = new byte[Aead.NONCE_LENGTH];
    private long iv;

    IkeCipher(CryptoProvider crypto, AeadAlgorithm algorithm, IkeKeys keys, boolean initiator) {
        int keyLength = algorithm.keyLength();
        sealing = aead(crypto, algorithm, keys.encryption(initiator), sealNonce, keyLength);
        opening = aead(crypto, algorithm, keys.encryption(!initiator), openNonce, keyLength);
    }

    private static Aead aead(
            CryptoProvider crypto, AeadAlgorithm algorithm, SecretBytes keyAndSalt, byte[] nonce, int keyLength) {
        System.arraycopy(keyAndSalt.expose(), keyLength, nonce, 0, nonce.length - IV);
        try (SecretBytes key = keyAndSalt.slice(0, keyLength)) {
            return crypto.aead(algorithm, key);
        }
    }

    /**
     * Seals a payload chain: one SK message if it fits or the peer does not reassemble, else SKF messages.
     *
     * @param maxBytes of one IKE message
     */
    List<byte[]> seal(IkeHeader header, int firstPayload, byte[] inner, int maxBytes, boolean fragmentation) {
        int whole = IkeHeader.LENGTH + GENERIC_HEADER + OVERHEAD + inner.length;
        if (whole <= maxBytes || !fragmentation) {
            return List.of(seal(header, PayloadType.SK, firstPayload, new byte[0], inner, 0, inner.length));
        }
        int room = maxBytes - IkeHeader.LENGTH - GENERIC_HEADER - FRAGMENT_HEADER - OVERHEAD;
        int total = (inner.length + room - 1) / room;
        List<byte[]> fragments = new ArrayList<>(total);
        for (int i = 0; i < total; i++) {
            byte[] numbers = new WireWriter(4).u16(i + 1).u16(total).toByteArray();
            int from = i * room;
            int length = Math.min(room, inner.length - from);
            // only the first fragment names the first payload (RFC 7383 section 2.5)
            int first = i == 0 ? firstPayload : PayloadType.NONE;
            fragments.add(seal(header, PayloadType.SKF, first, numbers, inner, from, length));
        }
        return fragments;
    }

    private byte[] seal(IkeHeader header, int type, int first, byte[] numbers, byte[] inner, int from, int length) {
        int payload = GENERIC_HEADER + numbers.length + OVERHEAD + length;
        WireWriter out = new WireWriter(IkeHeader.LENGTH + payload);
        header.encode(out, type, IkeHeader.LENGTH + payload);
        out.u8(first).u8(0).u16(payload).bytes(numbers);
        int aad = out.position();
        out.i64(++iv).bytes(inner, from, length).u8(0).zeros(Aead.TAG_LENGTH);
        byte[] message = out.toByteArray();
        System.arraycopy(message, aad, sealNonce, sealNonce.length - IV, IV);
        sealing.seal(sealNonce, message, 0, aad, message, aad + IV, length + 1, message, aad + IV);
        return message;
    }

    /**
     * Opens the encrypted payload whose body starts at {@code bodyOffset} and ends with the message. The result is the
     * payload chain without padding, possibly of length 0; empty if the message is not authentic.
     */
    Optional<byte[]> open(byte[] message, int bodyOffset) {
        int length = message.length - bodyOffset - IV - Aead.TAG_LENGTH;
        if (length < 1) {
            return Optional.empty();
        }
        System.arraycopy(message, bodyOffset, openNonce, openNonce.length - IV, IV);
        byte[] plain = new byte[length];
        if (!opening.open(openNonce, message, 0, bodyOffset, message, bodyOffset + IV, length, plain, 0)) {
            return Optional.empty();
        }
        int padding = plain[length - 1] & 0xFF;
        return padding + 1 > length ? Optional.empty() : Optional.of(Arrays.copyOf(plain, length - 1 - padding));
    }

    /**
     * What IKE_INTERMEDIATE authentication covers (RFC 9242 section 3.3.2): the message as if it were one SK message
     * with neither IV nor padding nor ICV.
     */
    static byte[] intermediateContent(IkeHeader header, int firstPayload, byte[] inner) {
        WireWriter out = new WireWriter(IkeHeader.LENGTH + GENERIC_HEADER + inner.length);
        header.encode(out, PayloadType.SK, IkeHeader.LENGTH + GENERIC_HEADER + inner.length);
        return out.u8(firstPayload)
                .u8(0)
                .u16(GENERIC_HEADER + inner.length)
                .bytes(inner)
                .toByteArray();
    }

    @Override
    public void close() {
        sealing.close();
        opening.close();
    }
}
