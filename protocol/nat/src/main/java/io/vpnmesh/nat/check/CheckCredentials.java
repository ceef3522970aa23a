// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.nat.check;

import io.vpnmesh.core.crypto.SecretBytes;

/**
 * What authenticates the checks that belong to one IKE SA. A request and its response use the requester's key.
 *
 * @param ownKey of the requests that we send
 * @param peerKey of the requests that the peer sends
 * @param ownId USERNAME of the requests that we receive, chosen by us: 16 hexadecimal characters
 * @param peerId USERNAME of the requests that we send, chosen by the peer
 */
public record CheckCredentials(SecretBytes ownKey, SecretBytes peerKey, String ownId, String peerId) {

    /**
     * From the two keys of the IKE SA.
     *
     * @param weInitiated whether we are the original initiator of that IKE SA
     */
    public static CheckCredentials of(
            SecretBytes initiatorKey, SecretBytes responderKey, boolean weInitiated, String ownId, String peerId) {
        return weInitiated
                ? new CheckCredentials(initiatorKey, responderKey, ownId, peerId)
                : new CheckCredentials(responderKey, initiatorKey, ownId, peerId);
    }
}
