// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.crypto;

/** Who seals and opens the packets of Child SAs. Any thread may ask; what it hands out has one owner. */
public interface AeadEngine {

    /** For settings, status and metrics. */
    String name();

    String version();

    /** Copies the key. Errors: IllegalArgumentException for a key of the wrong length. */
    Aead aead(AeadAlgorithm algorithm, SecretBytes key);
}
