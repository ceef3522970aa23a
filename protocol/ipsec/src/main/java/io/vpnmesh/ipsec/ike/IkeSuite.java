// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.AeadAlgorithm;
import io.vpnmesh.core.crypto.HashAlgorithm;
import io.vpnmesh.core.crypto.KeyMethod;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What two peers have agreed on for an IKE SA.
 *
 * @param additional further key exchanges in order (RFC 9370)
 */
record IkeSuite(AeadAlgorithm aead, HashAlgorithm prf, KeyMethod keyMethod, List<KeyMethod> additional) {

    IkeSuite {
        additional = List.copyOf(additional);
    }

    boolean isHybrid() {
        return !additional.isEmpty();
    }

    @Override
    public String toString() {
        String methods = additional.stream().map(m -> "+" + m).collect(Collectors.joining());
        return aead + "/PRF_HMAC_" + prf + "/" + keyMethod + methods;
    }
}
