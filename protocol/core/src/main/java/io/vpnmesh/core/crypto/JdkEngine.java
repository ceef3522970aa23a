// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/** The JDK's own ciphers: always there. */
public final class JdkEngine implements AeadEngine {

    public static final String NAME = "jdk";

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public String version() {
        return Runtime.version().toString();
    }

    @Override
    public Aead aead(AeadAlgorithm algorithm, SecretBytes key) {
        return new JdkAead(algorithm, key);
    }
}
