// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.ipsec.sa.SelectorSet;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * The inbound half of a Child SA in tunnel mode. One packet thread calls {@link #open}; {@link #packets} and
 * {@link #bytes} may be read from any thread.
 */
public final class EspOpener {

    /** 8192: a path switch at 50,000 packets/s with 50 ms of delay difference reorders 2,500 packets. */
    public static final int DEFAULT_WINDOW = 8192;

    /** Of a fast SA: a path switch at 3 Gb/s in packets of 1400 bytes may reorder 13,000 packets in 50 ms. */
    public static final int FAST_WINDOW = 65_536;

    /** Packets in a second from which on an SA counts as fast. */
    public static final long FAST_PACKETS_PER_SECOND = 50_000;

    private static final long SECOND_NS = 1_000_000_000L;

    /** A rate is measured over at least this long, so that one burst does not make an SA fast. */
    private static final long RATE_PERIOD_NS = SECOND_NS / 10;

    private static final int SMALLEST = EspHeader.LENGTH + 4 + Aead.TAG_LENGTH;
    private static final int DUMMY_PROTOCOL = 59;
    private static final VarHandle PACKETS;
    private static final VarHandle BYTES;

    static {
        try {
            PACKETS = MethodHandles.lookup().findVarHandle(EspOpener.class, "packets", long.class);
            BYTES = MethodHandles.lookup().findVarHandle(EspOpener.class, "bytes", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final int spi;
    private final Aead aead;
    private final boolean esn;
    private final SelectorSet selectors;
    private final ReplayWindow window;
    private final byte[] nonce = new byte[Aead.NONCE_LENGTH];
    private final byte[] aad;
    private final IpView inner = new IpView();

    private volatile boolean closed;
    private int lastNextHeader;
    private long rateFromNs = -1;
    private long rateFromHighest;
    private long packets;
    private long bytes;

    /**
     * @param aead takes ownership
     * @param salt 4 bytes of key material (RFC 4106 section 4)
     * @param selectors sources are the peer's side, destinations ours
     * @param windowBits size of the replay window, a power of two
     */
    public EspOpener(int spi, Aead aead, SecretBytes salt, boolean esn, SelectorSet selectors, int windowBits) {
        this.spi = spi;
        this.aead = aead;
        this.esn = esn;
        this.selectors = selectors;
        window = new ReplayWindow(windowBits);
        aad = new byte[esn ? 12 : 8];
        System.arraycopy(salt.expose(), 0, nonce, 0, 4);
    }

    /** {@link #openTo} in place: the inner packet lies at {@code offset + 16}. */
    public int open(byte[] buffer, int offset, int length) {
        return openTo(buffer, offset, length, buffer, offset + EspHeader.LENGTH);
    }

    /**
     * Opens one ESP packet.
     *
     * <p>Shape: {@code [SPI 4 | sequence 4 | IV 8 | ciphertext | ICV 16]} at {@code offset}; the inner IP packet is written
     * to {@code targetOffset} of {@code target}, which needs room for {@code length - 32} bytes.<br>
     * Units: bytes; returns the length of the inner packet by its own header.<br>
     * Errors: a verdict &lt; 0; the window moves only for authentic packets. The SPI is the caller's look-up and not
     * checked again.<br>
     * Source: RFC 4303 section 3.4; RFC 4106; RFC 4301 section 5.2.
     */
    public int openTo(byte[] buffer, int offset, int length, byte[] target, int targetOffset) {
        int plain = length - EspHeader.LENGTH - Aead.TAG_LENGTH;
        if (length < SMALLEST || (plain & 3) != 0 || offset < 0 || offset + length > buffer.length) {
            return EspVerdict.MALFORMED;
        }
        if (targetOffset < 0 || targetOffset + plain > target.length) {
            return EspVerdict.NO_ROOM;
        }
        if (closed) {
            return EspVerdict.CLOSED;
        }
        int low = EspHeader.sequence(buffer, offset);
        long sequence = esn ? window.expand(low) : low & 0xFFFF_FFFFL;
        if (!window.isFresh(sequence)) {
            return EspVerdict.REPLAYED;
        }
        System.arraycopy(buffer, offset + 8, nonce, 4, 8);
        writeAad(sequence);
        if (!aead.open(nonce, aad, 0, aad.length, buffer, offset + EspHeader.LENGTH, plain, target, targetOffset)) {
            return EspVerdict.BAD_ICV;
        }
        window.commit(sequence);
        return inner(target, targetOffset, plain);
    }

    /**
     * Opens one ESP packet out of native memory.
     *
     * <p>Shape: {@code [SPI 4 | sequence 4 | IV 8 | ciphertext | ICV 16]} at {@code offset} of {@code memory}; the inner IP
     * packet is written to {@code targetOffset} of {@code target}, with its ESP trailer behind it: {@code length - 32}
     * bytes in all are overwritten, also by a packet that is refused, and none beyond them.<br>
     * Units, errors, source: as {@link #openTo}; a packet that reaches beyond {@code memory} is malformed.
     */
    public int openFrom(MemorySegment memory, long offset, int length, byte[] target, int targetOffset) {
        int plain = length - EspHeader.LENGTH - Aead.TAG_LENGTH;
        if (length < SMALLEST || (plain & 3) != 0 || offset < 0 || offset + length > memory.byteSize()) {
            return EspVerdict.MALFORMED;
        }
        if (targetOffset < 0 || targetOffset + plain > target.length) {
            return EspVerdict.NO_ROOM;
        }
        if (closed) {
            return EspVerdict.CLOSED;
        }
        int low = EspHeader.sequence(memory, offset);
        long sequence = esn ? window.expand(low) : low & 0xFFFF_FFFFL;
        if (!window.isFresh(sequence)) {
            return EspVerdict.REPLAYED;
        }
        EspHeader.putLong(nonce, 4, EspHeader.iv(memory, offset));
        writeAad(sequence);
        if (!aead.openFrom(nonce, aad, aad.length, memory, offset + EspHeader.LENGTH, plain, target, targetOffset)) {
            return EspVerdict.BAD_ICV;
        }
        window.commit(sequence);
        return inner(target, targetOffset, plain);
    }

    private void writeAad(long sequence) {
        EspHeader.putInt(aad, 0, spi);
        if (esn) {
            EspHeader.putLong(aad, 4, sequence);
        } else {
            EspHeader.putInt(aad, 4, (int) sequence);
        }
    }

    /** Strips the trailer and judges what was inside; everything here is authentic. */
    private int inner(byte[] target, int offset, int plain) {
        int nextHeader = target[offset + plain - 1] & 0xFF;
        int padding = target[offset + plain - 2] & 0xFF;
        int room = plain - 2 - padding;
        if (room < 0) {
            return EspVerdict.MALFORMED;
        }
        for (int i = 0; i < padding; i++) {
            if (target[offset + room + i] != (byte) (i + 1)) {
                return EspVerdict.MALFORMED;
            }
        }
        lastNextHeader = nextHeader;
        if (nextHeader == DUMMY_PROTOCOL) {
            return EspVerdict.DUMMY;
        }
        if (!inner.wrap(target, offset, room) || nextHeader != (inner.version() == 4 ? 4 : 41)) {
            return EspVerdict.MALFORMED;
        }
        if (!selectors.matches(inner)) {
            return EspVerdict.SELECTOR;
        }
        PACKETS.setOpaque(this, packets + 1);
        BYTES.setOpaque(this, bytes + inner.totalLength());
        // Bytes beyond the inner length are traffic-flow padding (RFC 4303 section 2.7).
        return inner.totalLength();
    }

    /**
     * Widens the replay window to {@link #FAST_WINDOW} once packets come faster than {@link #FAST_PACKETS_PER_SECOND}. The
     * owner thread calls it now and then, once for a batch or a tenth of a second; it allocates at that one widening only.
     *
     * <p>The rate is that of sequence numbers, so what was lost or came over another path counts too.
     */
    public void adaptWindow(long nowNs) {
        if (window.bits() >= FAST_WINDOW) {
            return;
        }
        long elapsed = nowNs - rateFromNs;
        if (rateFromNs >= 0 && elapsed < RATE_PERIOD_NS) {
            return;
        }
        long advanced = window.highest() - rateFromHighest;
        boolean measured = rateFromNs >= 0 && elapsed <= SECOND_NS; // a look after a long silence measures nothing
        if (measured && Math.min(advanced, 1L << 32) * SECOND_NS > FAST_PACKETS_PER_SECOND * elapsed) {
            window.grow(FAST_WINDOW);
        }
        rateFromNs = nowNs;
        rateFromHighest = window.highest();
    }

    /** Size of the replay window in bits. Owner thread only. */
    public int windowBits() {
        return window.bits();
    }

    /** The inner packet of the last successful {@link #open}; valid until the next one. Owner thread only. */
    public IpView inner() {
        return inner;
    }

    /** 4 for IPv4, 41 for IPv6, of the last authentic packet. Owner thread only. */
    public int lastNextHeader() {
        return lastNextHeader;
    }

    public int spi() {
        return spi;
    }

    /** Packets delivered; a snapshot. */
    public long packets() {
        return (long) PACKETS.getOpaque(this);
    }

    /** Bytes of inner packets delivered; a snapshot. */
    public long bytes() {
        return (long) BYTES.getOpaque(this);
    }

    /** From here on {@link EspVerdict#CLOSED}; forgets the key, so no packet thread may be inside any more. */
    public void close() {
        closed = true;
        aead.close();
    }
}
