// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.vpnmesh.core.wire.MalformedException;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyAgreementSelfTestTest {

    @ParameterizedTest
    @EnumSource
    void oursPass(KeyMethod method) {
        KeyAgreementSelfTest.check(new JdkCrypto(), method);
    }

    @Test
    void endsThatDisagreeAreRefused() {
        refused(bytes(1), bytes(2), bytes(3), bytes(4), "different secrets");
    }

    @Test
    void keyThatIsDrawnTwiceIsRefused() {
        refused(bytes(1), bytes(1), bytes(3), bytes(3), "the same key");
    }

    @Test
    void secretThatWasSentIsRefused() {
        refused(bytes(1), bytes(2), bytes(1), bytes(1), "no secret");
    }

    @Test
    void secretOfZerosIsRefused() {
        refused(bytes(1), bytes(2), bytes(0), bytes(0), "no secret");
    }

    private static byte[] bytes(int value) {
        byte[] bytes = new byte[32];
        Arrays.fill(bytes, (byte) value);
        return bytes;
    }

    private static void refused(byte[] sent, byte[] answered, byte[] ours, byte[] theirs, String why) {
        assertThatIllegalStateException()
                .isThrownBy(() -> KeyAgreementSelfTest.check(with(sent, answered, ours, theirs), KeyMethod.X25519))
                .withMessageContaining(why);
    }

    /** A provider whose ends always send this and come to that. */
    private static CryptoProvider with(byte[] sent, byte[] answered, byte[] ours, byte[] theirs) {
        KeyAgreement fixed = new KeyAgreement() {
            @Override
            public KeyMethod method() {
                return KeyMethod.X25519;
            }

            @Override
            public byte[] publicValue() {
                return sent;
            }

            @Override
            public SecretBytes finish(byte[] peerValue) throws MalformedException {
                return SecretBytes.owning(ours.clone());
            }
        };
        return (CryptoProvider) Proxy.newProxyInstance(
                CryptoProvider.class.getClassLoader(),
                new Class<?>[] {CryptoProvider.class},
                (_, call, _) -> switch (call.getName()) {
                    case "keyAgreement" -> fixed;
                    case "respond" -> new KeyAgreement.Response(answered, SecretBytes.owning(theirs.clone()));
                    default -> throw new UnsupportedOperationException(call.getName());
                });
    }
}
