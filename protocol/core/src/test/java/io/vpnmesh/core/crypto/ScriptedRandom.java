// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

import java.security.SecureRandom;

/** Draws what the test says, so that a key pair of the JDK becomes the one of a test vector. */
final class ScriptedRandom extends SecureRandom {

    private static final long serialVersionUID = 1;

    private final byte[] script;
    private int position;

    ScriptedRandom(byte[] script) {
        this.script = script.clone();
    }

    @Override
    public void nextBytes(byte[] bytes) {
        if (position + bytes.length > script.length) {
            throw new IllegalStateException("drew " + (position + bytes.length) + " bytes of " + script.length);
        }
        System.arraycopy(script, position, bytes, 0, bytes.length);
        position += bytes.length;
    }
}
