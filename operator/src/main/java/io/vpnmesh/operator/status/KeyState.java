// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.status;

import java.util.List;

/** The mesh's keys as status needs them: no key is in here. */
public sealed interface KeyState {

    /**
     * Keys are there and good.
     *
     * @param notAfter times in RFC 3339
     */
    record Valid(
            String meshId,
            String clusterId,
            boolean founder,
            List<String> prefixes,
            String rootFingerprint,
            String rootNotAfter,
            String intermediateNotAfter,
            String ipv4,
            String ipv6,
            int clusterPrefixLength,
            String suite,
            String certificateLifetime)
            implements KeyState {}

    /** Not there, and either on the way or broken; the message names the fix. */
    record Missing(String reason, String message) implements KeyState {}
}
