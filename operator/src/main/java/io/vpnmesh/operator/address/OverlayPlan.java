// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The ranges of a mesh and how they are shared out. An IPv6 address is the mesh's IPv6 range plus the offset that the
 * IPv4 address has in its own range, so the two families are always handed out together and never drift apart.
 *
 * @param clusterPrefixLength length of the IPv4 prefix that one cluster gets
 */
public record OverlayPlan(Cidr ipv4, Cidr ipv6, int clusterPrefixLength) {

    /** RFC 2544: for tests of network devices, so routed nowhere and hardly ever used inside a cluster. */
    public static final Cidr DEFAULT_IPV4 = Cidr.parse("198.18.0.0/16");

    public static final int DEFAULT_CLUSTER_PREFIX_LENGTH = 20;
    public static final int BLOCK_LENGTH = 24;

    private static final int V6_FOR_V4 = 128 - 32;
    private static final int ULA_LENGTH = 48;
    private static final byte ULA_LOCAL = (byte) 0xFD;

    public OverlayPlan {
        if (!ipv4.address().isV4() || ipv6.address().isV4()) {
            throw new IllegalArgumentException("the mesh's ranges are the wrong way round: " + ipv4 + ", " + ipv6);
        }
        if (clusterPrefixLength < ipv4.length() || clusterPrefixLength > BLOCK_LENGTH) {
            throw new IllegalArgumentException("clusterPrefixLength " + clusterPrefixLength + " must lie between "
                    + ipv4.length() + " (the mesh's own) and " + BLOCK_LENGTH + " (the least that a cluster can use)");
        }
        if (ipv6.length() > V6_FOR_V4 + ipv4.length()) {
            throw new IllegalArgumentException(ipv6 + " has no room for the addresses of " + ipv4);
        }
    }

    /** The unique local /48 of a mesh (RFC 4193): its global id is taken from a hash of the mesh id. */
    public static Cidr uniqueLocal(MeshId mesh) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(mesh.bytes());
            byte[] address = new byte[16];
            address[0] = ULA_LOCAL;
            System.arraycopy(hash, 0, address, 1, ULA_LENGTH / 8 - 1);
            return new Cidr(IpAddress.of(address), ULA_LENGTH);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The IPv6 prefix that goes with an IPv4 prefix of the mesh. */
    public Cidr ipv6Of(Cidr prefix) {
        return new Cidr(ipv6Of(prefix.address()), V6_FOR_V4 + prefix.length());
    }

    /** The IPv6 address that goes with an IPv4 address of the mesh. */
    public IpAddress ipv6Of(IpAddress address) {
        return ipv6.address().plus(address.low() - ipv4.address().low());
    }

    /** Both families of one cluster's share. */
    public List<Cidr> both(Cidr ipv4Prefix) {
        return List.of(ipv4Prefix, ipv6Of(ipv4Prefix));
    }

    /**
     * The first prefix for a cluster that overlaps none that is taken.
     *
     * @param taken of either family; others than IPv4 are skipped
     * @param within where to look; the whole mesh when empty
     */
    public Optional<Cidr> freeClusterPrefix(Collection<Cidr> taken, List<Cidr> within) {
        for (Cidr range : within.isEmpty() ? List.of(ipv4) : within) {
            if (!range.address().isV4() || !ipv4.contains(range)) {
                continue;
            }
            int length = Math.max(clusterPrefixLength, range.length());
            for (Cidr candidate : split(range, length)) {
                if (taken.stream().noneMatch(candidate::overlaps)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    /** The /24 blocks of a cluster's prefixes, in order. */
    public static List<Cidr> blocks(Collection<Cidr> prefixes) {
        List<Cidr> blocks = new ArrayList<>();
        for (Cidr prefix : prefixes) {
            if (prefix.address().isV4()) {
                blocks.addAll(split(prefix, BLOCK_LENGTH));
            }
        }
        return blocks;
    }

    private static List<Cidr> split(Cidr range, int length) {
        List<Cidr> parts = new ArrayList<>();
        long step = 1L << (32 - length);
        for (long at = 0; at < 1L << (32 - range.length()); at += step) {
            parts.add(new Cidr(range.address().plus(at), length));
        }
        return parts;
    }
}
