// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.join;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import java.security.SecureRandom;

/**
 * Joiner to founder, through a relay that may lie. The MAC covers every byte of the request, so the relay can neither
 * swap the key nor the cluster that it is certified for.
 *
 * @param clusterName a DNS label, for people
 * @param csrPem of the new cluster's intermediate key
 * @param nonce 16 random bytes, new for each request
 * @param inviteId which invite's secret made the MAC
 * @param body the encoded fields above and whatever newer software adds: the bytes under the MAC
 * @param mac HMAC-SHA-256(secret, "join" ‖ body)
 */
public record JoinRequest(
        MeshId mesh,
        ClusterId cluster,
        String clusterName,
        String csrPem,
        byte[] nonce,
        String inviteId,
        byte[] body,
        byte[] mac) {

    public static final String ALPN = "vpnmesh-join/1";
    static final int NONCE_BYTES = 16;
    private static final String LABEL = "join";
    private static final int BODY_KEY = 1;
    private static final int MAC_KEY = 2;

    public JoinRequest {
        if (!clusterName.matches("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")) {
            throw new IllegalArgumentException("cluster name is not a DNS label: " + clusterName);
        }
    }

    public static JoinRequest create(
            JoinSecret secret, MeshId mesh, ClusterId cluster, String clusterName, String csrPem, SecureRandom random) {
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        byte[] body = Cbor.encode(CborMap.builder()
                .put(1, mesh.bytes())
                .put(2, cluster.bytes())
                .put(3, clusterName)
                .put(4, csrPem)
                .put(5, nonce)
                .put(6, secret.inviteId())
                .build());
        return new JoinRequest(
                mesh, cluster, clusterName, csrPem, nonce, secret.inviteId(), body, secret.mac(LABEL, body));
    }

    /** Whether the sender knows the secret, in constant time. */
    public boolean isFrom(JoinSecret secret) {
        return secret.matches(mac, LABEL, body);
    }

    public byte[] encode() {
        return Cbor.encode(
                CborMap.builder().put(BODY_KEY, body).put(MAC_KEY, mac).build());
    }

    /** Errors: MalformedException; says nothing about the MAC. */
    public static JoinRequest decode(byte[] bytes) throws MalformedException {
        return CborValue.guarded("join request", Cbor.decode(bytes), JoinRequest::read);
    }

    private static JoinRequest read(CborValue value) throws MalformedException {
        CborMap outer = value.asMap("join request");
        byte[] body = outer.need(BODY_KEY, "body").asBytes("body");
        CborMap map = Cbor.decode(body).asMap("join request");
        return new JoinRequest(
                MeshId.of(map.need(1, "mesh id").asBytes("mesh id")),
                ClusterId.of(map.need(2, "cluster id").asBytes("cluster id")),
                map.need(3, "cluster name").asText("cluster name"),
                map.need(4, "CSR").asText("CSR"),
                map.need(5, "nonce").asBytes("nonce", NONCE_BYTES),
                map.need(6, "invite id").asText("invite id"),
                body,
                outer.need(MAC_KEY, "MAC").asBytes("MAC", JoinSecret.MAC_BYTES));
    }
}
