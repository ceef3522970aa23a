// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.JdkCrypto;
import io.vpnmesh.core.crypto.KeyMethod;
import io.vpnmesh.core.crypto.Prf;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.wire.WireWriter;
import io.vpnmesh.ipsec.message.ExchangeType;
import io.vpnmesh.ipsec.message.IkeHeader;
import io.vpnmesh.ipsec.message.IkePayload.Notify;
import io.vpnmesh.ipsec.message.Payloads;
import io.vpnmesh.ipsec.vectors.Vector;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The IKE message of RFC 7634, appendix B, through the door by which every protected message comes in. */
class IkeMessageVectorTest {

    private static final int SET_WINDOW_SIZE = 16385;

    private final Vector vector = Vector.of("ike-chacha.txt").getFirst();
    private final byte[] message = vector.bytes("message");
    private final IkeHeader header = header(message);

    private static IkeHeader header(byte[] message) {
        try {
            return IkeHeader.decode(message);
        } catch (MalformedException e) {
            throw new AssertionError(e);
        }
    }

    /** Derives nothing: every key of the IKE SA is the published one. */
    private final class PublishedKeys implements Prf {
        @Override
        public int length() {
            return HashAlgorithm.SHA256.length();
        }

        @Override
        public byte[] apply(byte[] key, byte[]... parts) {
            return new byte[length()];
        }

        @Override
        public SecretBytes expand(byte[] key, int length, byte[]... seed) {
            byte[] encryption = new WireWriter()
                    .bytes(vector.bytes("key"))
                    .bytes(vector.bytes("salt"))
                    .toByteArray();
            return SecretBytes.owning(new WireWriter(length)
                    .zeros(length())
                    .bytes(encryption)
                    .bytes(encryption)
                    .zeros(2 * length())
                    .toByteArray());
        }
    }

    private IkeSa initiatorsSa() {
        JdkCrypto real = new JdkCrypto();
        IkeSuite suite =
                new IkeSuite(AeadAlgorithm.CHACHA20_POLY1305, HashAlgorithm.SHA256, KeyMethod.X25519, List.of());
        IkeKeys.Seed seed = new IkeKeys.Seed(new byte[32], new byte[32], header.initiatorSpi(), header.responderSpi());
        IkeKeys keys = IkeKeys.initial(
                new ForwardingCrypto(real) {
                    @Override
                    public Prf prf(HashAlgorithm hash) {
                        return new PublishedKeys();
                    }
                },
                suite,
                seed,
                SecretBytes.owning(new byte[32]));
        IkeSa sa = new IkeSa(
                real,
                IkeTiming.DEFAULT,
                16_384,
                new IkeSa.Facts(header.initiatorSpi(), header.responderSpi(), true, suite, false, 1),
                keys);
        for (long id = 0; id < vector.number("messageId"); id++) {
            sa.respond(ExchangeType.INFORMATIONAL, Payloads.of(), 1200); // the message is the responder's tenth request
        }
        return sa;
    }

    @Test
    void thePublishedMessageOpensToItsPayloads() {
        IkeSa.Reception reception = initiatorsSa().receive(header, message);

        assertThat(reception).isInstanceOf(IkeSa.Reception.Message.class);
        Payloads payloads =
                ((IkeSa.Reception.Message) reception).incoming().payloads().orElseThrow();
        assertThat(payloads.all()).hasSize(1);
        Notify notify = payloads.first(Notify.class).orElseThrow();
        assertThat(notify.notifyType()).isEqualTo(SET_WINDOW_SIZE);
        assertThat(notify.data()).containsExactly(0, 0, 0, 10);
    }

    @Test
    void theSameMessageDamagedAnywhereIsNothing() {
        for (int i = 0; i < message.length; i++) {
            byte[] damaged = message.clone();
            damaged[i] ^= 1;
            IkeHeader read;
            try {
                read = IkeHeader.decode(damaged);
            } catch (MalformedException _) {
                continue; // refused even earlier
            }
            assertThat(initiatorsSa().receive(read, damaged))
                    .as("byte %d", i)
                    .isInstanceOf(IkeSa.Reception.Nothing.class);
        }
    }
}
