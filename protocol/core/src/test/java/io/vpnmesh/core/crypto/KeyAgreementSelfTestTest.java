// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.vpnmesh.core.wire.MalformedException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KeyAgreementSelfTestTest {

    private static final byte[] ALWAYS = new byte[32];

    @ParameterizedTest
    @EnumSource
    void oursPass(KeyMethod method) {
        KeyAgreementSelfTest.check(new JdkCrypto(), method);
    }

    @Test
    void endsThatDisagreeAreRefused() {
        assertThatIllegalStateException()
                .isThrownBy(() -> KeyAgreementSelfTest.check(with(new byte[] {1}), KeyMethod.X25519))
                .withMessageContaining("different secrets");
    }

    @Test
    void secretThatNeverChangesIsRefused() {
        assertThatIllegalStateException()
                .isThrownBy(() -> KeyAgreementSelfTest.check(with(ALWAYS), KeyMethod.X25519))
                .withMessageContaining("same secret");
    }

    /** A provider whose initiator always comes to the same secret, and whose responder to this one. */
    private static CryptoProvider with(byte[] theirs) {
        KeyAgreement fixed = new KeyAgreement() {
            @Override
            public KeyMethod method() {
                return KeyMethod.X25519;
            }

            @Override
            public byte[] publicValue() {
                return ALWAYS;
            }

            @Override
            public SecretBytes finish(byte[] peerValue) throws MalformedException {
                return SecretBytes.owning(ALWAYS.clone());
            }
        };
        return (CryptoProvider) Proxy.newProxyInstance(
                CryptoProvider.class.getClassLoader(),
                new Class<?>[] {CryptoProvider.class},
                (_, call, _) -> switch (call.getName()) {
                    case "keyAgreement" -> fixed;
                    case "respond" -> new KeyAgreement.Response(ALWAYS, SecretBytes.owning(theirs.clone()));
                    default -> throw new UnsupportedOperationException(call.getName());
                });
    }
}
