// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.core.crypto.SecretBytes;

/**
 * Keys of path checks: K_i | K_r = prf+(SK_d, "vpnmesh path check v1" | SPIi | SPIr), 32 bytes each. A request and its
 * response use the requester's key. Belongs to the receiver of the event, which closes it.
 *
 * @param initiator of the original initiator of the IKE SA
 * @param responder of the other
 */
public record PathCheckKeys(SecretBytes initiator, SecretBytes responder) {}
