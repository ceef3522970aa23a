// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.Datagram;
import io.vpnmesh.core.Outbox;
import io.vpnmesh.core.crypto.CryptoProvider;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.WireWriter;
import java.util.HexFormat;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * What all parts of one endpoint share, and the turn under way: the time and the outbox of the current
 * {@link IkeEndpoint} call.
 */
final class IkeContext {

    private final IkeSettings settings;
    private final SpiSource spis;
    private final CryptoProvider crypto;
    private final RandomGenerator random;
    private final FragmentBudget fragments = new FragmentBudget();
    private final CrashTokens crashTokens;
    private final Tickets tickets;
    private LocalIdentity identity;
    private LocalCredentials credentials;
    private long nextNumber = 1;
    private long nowNs;
    private Outbox<IkeEvent> out = new Outbox<>() {
        @Override
        public void transmit(Datagram datagram) {
            throw new IllegalStateException("outside of a turn");
        }

        @Override
        public void event(IkeEvent event) {
            throw new IllegalStateException("outside of a turn");
        }
    };

    IkeContext(IkeSettings settings, SpiSource spis, CryptoProvider crypto, RandomGenerator random) {
        this.settings = settings;
        this.spis = spis;
        this.crypto = crypto;
        this.random = random;
        tickets = new Tickets(crypto, random, settings.extensions());
        crashTokens = new CrashTokens(crypto, settings.extensions().crashSecret());
        identity = settings.identity();
        credentials = LocalCredentials.of(identity);
    }

    void begin(long turnNs, Outbox<IkeEvent> outbox) {
        nowNs = turnNs;
        out = outbox;
    }

    IkeSettings settings() {
        return settings;
    }

    SpiSource spis() {
        return spis;
    }

    CryptoProvider crypto() {
        return crypto;
    }

    CrashTokens crashTokens() {
        return crashTokens;
    }

    Tickets tickets() {
        return tickets;
    }

    /** Milliseconds since 1970, as far as the boot epoch was right; only to let tickets expire. */
    long wallMs() {
        return settings.bootEpoch() + nowNs / 1_000_000;
    }

    IkeSa newSa(IkeSa.Facts facts, IkeKeys keys) {
        Reassembler reassembler = new Reassembler(settings.limits().maxMessageBytes(), fragments);
        return new IkeSa(crypto, settings.timing(), reassembler, facts, keys);
    }

    LocalIdentity identity() {
        return identity;
    }

    LocalCredentials credentials() {
        return credentials;
    }

    void renew(LocalIdentity renewed) {
        credentials = LocalCredentials.of(renewed);
        identity = renewed;
    }

    long nowNs() {
        return nowNs;
    }

    void event(IkeEvent event) {
        out.event(event);
    }

    /** Sends IKE messages to a peer: as signalling, or from the socket where it was last heard. */
    void send(PeerRef to, Endpoint local, List<byte[]> messages) {
        for (byte[] message : messages) {
            switch (to) {
                case PeerRef.Signalled signalled -> out.event(new IkeEvent.SendSignalled(signalled.node(), message));
                case PeerRef.Direct direct -> out.transmit(new Datagram(local, direct.remote(), message));
            }
        }
    }

    /** Largest IKE message that goes whole to this peer. */
    int maxBytes(PeerRef to) {
        return switch (to) {
            case PeerRef.Signalled _ -> settings.signalledFragmentBytes();
            case PeerRef.Direct _ -> settings.directFragmentBytes();
        };
    }

    /** A number for a session or a ticket; never repeats. */
    long nextNumber() {
        return nextNumber++;
    }

    /** A random IKE SPI, not 0. */
    long newIkeSpi() {
        long spi = random.nextLong();
        return spi == 0 ? newIkeSpi() : spi;
    }

    byte[] newNonce() {
        byte[] nonce = new byte[32];
        random.nextBytes(nonce);
        return nonce;
    }

    /** A USERNAME for path checks towards us: 16 hexadecimal characters. */
    String newPathCheckId() {
        return HexFormat.of().toHexDigits(random.nextLong());
    }

    /** Spreads periods by up to a tenth, so that peers do not rekey in step. */
    long jittered(long periodNs) {
        return periodNs - random.nextLong(Math.max(1, periodNs / 10));
    }

    /** SHA-1(SPIi | SPIr | address | port) of RFC 7296 section 2.23. */
    byte[] natDetection(long spiI, long spiR, Endpoint endpoint) {
        byte[] spisBytes = new WireWriter(16).i64(spiI).i64(spiR).toByteArray();
        byte[] port = new WireWriter(2).u16(endpoint.port()).toByteArray();
        return crypto.digest(HashAlgorithm.SHA1, spisBytes, endpoint.address().bytes(), port);
    }
}
