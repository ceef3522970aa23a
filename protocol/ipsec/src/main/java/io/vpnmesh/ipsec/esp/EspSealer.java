// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.ipsec.sa.SaLifetime;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * The outbound half of a Child SA in tunnel mode. One packet thread calls {@link #seal} and {@link #sealDummy}; counters
 * may be read from any thread.
 *
 * <p>The IV is the sequence number: it counts up by one, never repeats under a key, and the keys are fresh for every SA.
 */
public final class EspSealer {

    /** Longest trailer: 3 bytes of padding, pad length, next header, ICV. */
    public static final int TAILROOM = 3 + 2 + Aead.TAG_LENGTH;

    public static final int HEADROOM = EspHeader.LENGTH;

    /** What {@link #sealTo} needs behind the packet: the trailer's place, as one word that is put back. */
    public static final int BORROWED = Long.BYTES;

    private static final int DUMMY_PROTOCOL = 59;
    private static final VarHandle COUNTER;

    static {
        try {
            COUNTER = MethodHandles.lookup().findVarHandle(EspSealer.class, "bytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int spi;
    private final Aead aead;
    private final boolean esn;
    private final long hardPackets;
    private final long hardBytes;
    private final boolean flowPadding;
    private final byte[] nonce = new byte[Aead.NONCE_LENGTH];
    private final byte[] aad;

    private volatile boolean closed;
    private long sequence;
    private long bytes;

    /**
     * @param aead takes ownership
     * @param salt 4 bytes of key material (RFC 4106 section 4)
     */
    public EspSealer(int spi, Aead aead, SecretBytes salt, boolean esn, SaLifetime lifetime) {
        this(spi, aead, salt, esn, lifetime, true);
    }

    /** @param flowPadding whether the peer takes padding behind the packet; see {@link #sealPadded} */
    public EspSealer(int spi, Aead aead, SecretBytes salt, boolean esn, SaLifetime lifetime, boolean flowPadding) {
        this.flowPadding = flowPadding;
        this.spi = spi;
        this.aead = aead;
        this.esn = esn;
        hardPackets =
                esn ? lifetime.hardPackets() : Math.min(lifetime.hardPackets(), SaLifetime.MAX_PACKETS_WITHOUT_ESN);
        hardBytes = lifetime.hardBytes();
        aad = new byte[esn ? 12 : 8];
        System.arraycopy(salt.expose(), 0, nonce, 0, 4);
    }

    /**
     * Seals one IP packet in place.
     *
     * <p>Shape: {@code [headroom 16 | packet n | tailroom 21]} becomes {@code [SPI 4 | sequence 4 | IV 8 | ciphertext of
     * packet, padding 0..3, pad length 1, next header 1 | ICV 16]}, which starts at {@code packetOffset - 16}.<br>
     * Units: bytes; returns the length of the ESP packet.<br>
     * Errors: {@link EspVerdict#EXHAUSTED} at the hard limit, {@link EspVerdict#MALFORMED} for what is not IP,
     * {@link EspVerdict#NO_ROOM}, {@link EspVerdict#CLOSED}.<br>
     * Source: RFC 4303 sections 2, 3.3; RFC 4106 sections 4, 5.
     */
    public int seal(byte[] buffer, int packetOffset, int packetLength) {
        if (packetLength < 20 || packetOffset < HEADROOM || packetOffset + packetLength > buffer.length) {
            return packetLength < 20 ? EspVerdict.MALFORMED : EspVerdict.NO_ROOM;
        }
        int version = buffer[packetOffset] >>> 4 & 0xF;
        if (version != 4 && version != 6) {
            return EspVerdict.MALFORMED;
        }
        return seal(buffer, packetOffset, packetLength, version == 4 ? 4 : 41);
    }

    /**
     * A dummy packet that the peer drops, as cover or probe of the SA itself. Errors and shape as {@link #seal}; the
     * {@code length} bytes from {@code offset} on travel inside.
     */
    public int sealDummy(byte[] buffer, int offset, int length) {
        return offset < HEADROOM || length < 0 ? EspVerdict.NO_ROOM : seal(buffer, offset, length, DUMMY_PROTOCOL);
    }

    /**
     * {@link #seal} with traffic-flow padding: the ESP packet is as long as one of {@code paddedLength} bytes, whatever
     * the packet (RFC 4303 section 2.7). Without padding where the peer has said that it takes none, and where the packet
     * is longer. The bytes behind the packet are overwritten with zeros.
     */
    public int sealPadded(byte[] buffer, int packetOffset, int packetLength, int paddedLength) {
        if (!flowPadding || paddedLength <= packetLength) {
            return seal(buffer, packetOffset, packetLength);
        }
        if (packetLength < 20) {
            return EspVerdict.MALFORMED;
        }
        if (packetOffset < HEADROOM || packetOffset + paddedLength > buffer.length) {
            return EspVerdict.NO_ROOM;
        }
        Arrays.fill(buffer, packetOffset + packetLength, packetOffset + paddedLength, (byte) 0);
        return seal(buffer, packetOffset, paddedLength);
    }

    private int seal(byte[] buffer, int offset, int length, int nextHeader) {
        int padding = -(length + 2) & 3;
        int plain = length + padding + 2;
        if (offset + plain + Aead.TAG_LENGTH > buffer.length) {
            return EspVerdict.NO_ROOM;
        }
        int verdict = permit(length);
        if (verdict < 0) {
            return verdict;
        }
        writeTrailer(buffer, offset + length, padding, nextHeader);
        EspHeader.write(buffer, offset - HEADROOM, spi, (int) sequence, sequence);
        writeNonceAndAad();
        aead.seal(nonce, aad, 0, aad.length, buffer, offset, plain, buffer, offset);
        return HEADROOM + plain + Aead.TAG_LENGTH;
    }

    /**
     * Seals one IP packet of a heap array into native memory.
     *
     * <p>Shape: {@code packet n} at {@code offset} of {@code packets}, with 8 bytes behind it that are borrowed for the
     * trailer and put back; {@code [SPI 4 | sequence 4 | IV 8 | ciphertext of packet, padding 0..3, pad length 1, next
     * header 1 | ICV 16]} at {@code outOffset} of {@code out}. The packet itself stays as it is.<br>
     * Units, errors, source: as {@link #seal}; {@link EspVerdict#NO_ROOM} also where {@code out} ends too early.
     */
    public int sealTo(byte[] packets, int offset, int length, MemorySegment out, long outOffset) {
        if (length < 20) {
            return EspVerdict.MALFORMED;
        }
        int padding = -(length + 2) & 3;
        int plain = length + padding + 2;
        int sealed = sealedBytes(length);
        if (offset < 0
                || offset + length + BORROWED > packets.length
                || outOffset < 0
                || outOffset + sealed > out.byteSize()) {
            return EspVerdict.NO_ROOM;
        }
        int version = packets[offset] >>> 4 & 0xF;
        if (version != 4 && version != 6) {
            return EspVerdict.MALFORMED;
        }
        int verdict = permit(length);
        if (verdict < 0) {
            return verdict;
        }
        long borrowed = EspHeader.getLong(packets, offset + length);
        writeTrailer(packets, offset + length, padding, version == 4 ? 4 : 41);
        EspHeader.write(out, outOffset, spi, (int) sequence, sequence);
        writeNonceAndAad();
        aead.sealTo(nonce, aad, aad.length, packets, offset, plain, out, outOffset + HEADROOM);
        EspHeader.putLong(packets, offset + length, borrowed);
        return sealed;
    }

    /** Length of the ESP packet that a packet of {@code length} bytes becomes. */
    public static int sealedBytes(int length) {
        return HEADROOM + length + (-(length + 2) & 3) + 2 + Aead.TAG_LENGTH;
    }

    /** Takes the next sequence number, or says why not. */
    private int permit(int length) {
        if (closed) {
            return EspVerdict.CLOSED;
        }
        if (sequence >= hardPackets || bytes >= hardBytes) {
            return EspVerdict.EXHAUSTED;
        }
        sequence++;
        COUNTER.setOpaque(this, bytes + length);
        return 0;
    }

    private static void writeTrailer(byte[] buffer, int at, int padding, int nextHeader) {
        int position = at;
        for (int i = 1; i <= padding; i++) {
            buffer[position++] = (byte) i;
        }
        buffer[position++] = (byte) padding;
        buffer[position] = (byte) nextHeader;
    }

    private void writeNonceAndAad() {
        EspHeader.putLong(nonce, 4, sequence);
        EspHeader.putInt(aad, 0, spi);
        if (esn) {
            EspHeader.putLong(aad, 4, sequence);
        } else {
            EspHeader.putInt(aad, 4, (int) sequence);
        }
    }

    public int spi() {
        return spi;
    }

    /** Packets sealed; a snapshot. */
    public long packets() {
        return sequence;
    }

    /** Bytes of inner packets sealed; a snapshot. */
    public long bytes() {
        return (long) COUNTER.getOpaque(this);
    }

    /** From here on {@link EspVerdict#CLOSED}; forgets the key, so no packet thread may be inside any more. */
    public void close() {
        closed = true;
        aead.close();
    }
}
