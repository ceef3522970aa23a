// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.KeyMethod;
import java.util.List;

/**
 * What two peers have agreed on for a Child SA.
 *
 * @param keyMethods key exchanges of its own for forward secrecy, in order; empty when keys come from SK_d alone
 */
record EspSuite(AeadAlgorithm aead, boolean esn, List<KeyMethod> keyMethods) {

    EspSuite {
        keyMethods = List.copyOf(keyMethods);
    }
}
