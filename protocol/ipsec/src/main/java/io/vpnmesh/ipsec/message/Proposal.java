// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.message;

import java.util.List;

/**
 * One proposal of an SA payload (RFC 7296 section 3.3.1).
 *
 * @param spi empty in the first exchange, 8 bytes for IKE, 4 for ESP
 */
public record Proposal(int number, int protocol, byte[] spi, List<Transform> transforms) {

    public Proposal {
        transforms = List.copyOf(transforms);
    }

    public List<Transform> ofType(int type) {
        return transforms.stream().filter(t -> t.type() == type).toList();
    }
}
