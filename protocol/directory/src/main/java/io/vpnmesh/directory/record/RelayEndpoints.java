// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.net.Endpoint;
import java.util.List;

/**
 * Where a relay is reached from outside its cluster.
 *
 * @param udp IKE, ESP and STUN, in order of preference
 * @param tls TLS 1.3, in order of preference
 */
public record RelayEndpoints(List<Endpoint> udp, List<Endpoint> tls) {

    public RelayEndpoints {
        udp = List.copyOf(udp);
        tls = List.copyOf(tls);
    }
}
