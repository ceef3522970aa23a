// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.operator.ca.MeshAuthority.Outcome;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.MeshTerms;
import io.vpnmesh.operator.status.KeyState;
import java.time.Duration;

/** The authority's outcome without its keys. */
final class KeyStates {

    private KeyStates() {}

    static KeyState of(Outcome outcome, String joinMessage) {
        return switch (outcome) {
            case Outcome.Ready ready -> valid(ready.keys());
            case Outcome.Joining _ -> new KeyState.Missing("Joining", joinMessage);
            case Outcome.Failed failed -> new KeyState.Missing(failed.reason(), failed.message());
        };
    }

    private static KeyState valid(MeshKeys keys) {
        MeshTerms parameters = keys.terms();
        return new KeyState.Valid(
                keys.meshId().toString(),
                keys.clusterId().toString(),
                keys.founder(),
                keys.prefixes().stream().map(Cidr::toString).toList(),
                keys.rootSha256(),
                keys.rootNotAfter().toString(),
                keys.intermediateNotAfter().toString(),
                parameters.ipv4(),
                parameters.ipv6(),
                parameters.clusterPrefixLength(),
                parameters.suite(),
                text(parameters.certificateLifetime()));
    }

    /** Hours where it fits, as people write it: {@code 72h}. */
    private static String text(Duration duration) {
        return duration.toSeconds() % 3600 == 0 ? duration.toHours() + "h" : duration.toSeconds() + "s";
    }
}
