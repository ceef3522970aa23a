// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.ike;

import io.vpnmesh.ipsec.message.IkePayload;
import io.vpnmesh.ipsec.message.NotifyType;
import io.vpnmesh.ipsec.message.Payloads;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a peer said of itself in IKE_SA_INIT. Not authenticated yet, but covered by AUTH later.
 *
 * @param ownPeer it sent our Vendor ID
 * @param hashes of SIGNATURE_HASH_ALGORITHMS; empty if it does not speak RFC 7427
 */
record PeerFeatures(
        boolean ownPeer,
        boolean fragmentation,
        boolean intermediate,
        boolean childless,
        boolean redirect,
        Set<Integer> hashes) {

    /** RFC 7427 section 7 and RFC 8420: what we can verify. */
    static final int[] OUR_HASHES = {2, 3, 4, 5};

    static final byte[] VENDOR_ID = vendorId();

    PeerFeatures {
        hashes = Set.copyOf(hashes);
    }

    /** @param meshPeer whether we belong to a mesh ourselves; else every peer is a foreign one */
    static PeerFeatures of(Payloads payloads, boolean meshPeer) {
        Set<Integer> hashes = new HashSet<>();
        payloads.notify(NotifyType.SIGNATURE_HASH_ALGORITHMS).ifPresent(n -> {
            for (int i = 0; i + 1 < n.data().length; i += 2) {
                hashes.add((n.data()[i] & 0xFF) << 8 | n.data()[i + 1] & 0xFF);
            }
        });
        return new PeerFeatures(
                meshPeer
                        && payloads.every(IkePayload.VendorId.class).stream()
                                .anyMatch(v -> Arrays.equals(v.data(), VENDOR_ID)),
                payloads.has(NotifyType.FRAGMENTATION_SUPPORTED),
                payloads.has(NotifyType.INTERMEDIATE_EXCHANGE_SUPPORTED),
                payloads.has(NotifyType.CHILDLESS_IKEV2_SUPPORTED),
                payloads.has(NotifyType.REDIRECT_SUPPORTED) || payloads.has(NotifyType.REDIRECTED_FROM),
                hashes);
    }

    /** What tells our own peers that we are one. */
    static List<IkePayload> vendorId(IkeContext context) {
        return context.settings().extensions().meshPeer() ? List.of(new IkePayload.VendorId(VENDOR_ID)) : List.of();
    }

    private static byte[] vendorId() {
        try {
            byte[] text = "vpnmesh ikev2 1".getBytes(StandardCharsets.US_ASCII);
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(text), 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
