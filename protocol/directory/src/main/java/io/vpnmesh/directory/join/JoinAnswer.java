// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.join;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.directory.cbor.Cbor;
import io.vpnmesh.directory.cbor.CborMap;
import io.vpnmesh.directory.cbor.CborValue;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;

/** Founder to joiner, through a relay that may lie. */
public sealed interface JoinAnswer {

    /**
     * The cluster is a member.
     *
     * @param intermediate full, over the joiner's key
     * @param foreignIntermediate the same key, for foreign peers
     * @param roots the mesh's anchors; one has the token's fingerprint
     * @param body the encoded fields above and whatever newer software adds: the bytes under the MAC
     * @param mac HMAC-SHA-256(secret, "joined" ‖ nonce of the request ‖ body)
     */
    record Accepted(
            X509Certificate intermediate,
            X509Certificate foreignIntermediate,
            List<X509Certificate> roots,
            MeshParameters mesh,
            byte[] body,
            byte[] mac)
            implements JoinAnswer {
        public Accepted {
            roots = List.copyOf(roots);
        }

        public static Accepted create(
                JoinSecret secret,
                JoinRequest request,
                X509Certificate intermediate,
                X509Certificate foreignIntermediate,
                List<X509Certificate> roots,
                MeshParameters mesh) {
            List<CborValue> rootItems = new ArrayList<>();
            roots.forEach(root -> rootItems.add(CborValue.of(Pem.der(root))));
            byte[] body = Cbor.encode(CborMap.builder()
                    .put(1, Pem.der(intermediate))
                    .put(2, Pem.der(foreignIntermediate))
                    .put(3, rootItems)
                    .put(4, mesh.toCbor())
                    .build());
            byte[] mac = secret.mac(LABEL, request.nonce(), body);
            return new Accepted(intermediate, foreignIntermediate, roots, mesh, body, mac);
        }

        /** Whether a holder of the secret made this answer for this very request, in constant time. */
        public boolean isFor(JoinRequest request, JoinSecret secret) {
            return secret.matches(mac, LABEL, request.nonce(), body);
        }
    }

    /**
     * The cluster is not a member. Not authenticated: a relay can refuse too, and can do no more than that.
     *
     * @param reason CamelCase, for programs: {@code UnknownInvite}, {@code InviteExpired}, {@code InviteUsedUp},
     *     {@code ApprovalPending}, …
     * @param message for people; names the fix
     */
    record Refused(String reason, String message) implements JoinAnswer {}

    String LABEL = "joined";
    int KIND = 0;
    int ACCEPTED = 1;
    int REFUSED = 2;
    int BODY_KEY = 1;
    int MAC_KEY = 2;
    int MAX_ROOTS = 4;

    default byte[] encode() {
        return Cbor.encode(
                switch (this) {
                    case Accepted accepted ->
                        CborMap.builder()
                                .put(KIND, ACCEPTED)
                                .put(BODY_KEY, accepted.body())
                                .put(MAC_KEY, accepted.mac())
                                .build();
                    case Refused refused ->
                        CborMap.builder()
                                .put(KIND, REFUSED)
                                .put(1, refused.reason())
                                .put(2, refused.message())
                                .build();
                });
    }

    /** Errors: MalformedException; says nothing about the MAC. */
    static JoinAnswer decode(byte[] bytes) throws MalformedException {
        return CborValue.guarded("join answer", Cbor.decode(bytes), JoinAnswer::read);
    }

    private static JoinAnswer read(CborValue value) throws MalformedException {
        CborMap outer = value.asMap("join answer");
        if (outer.need(KIND, "kind").asInt("kind", ACCEPTED, REFUSED) == REFUSED) {
            return new Refused(
                    outer.need(1, "reason").asText("reason"),
                    outer.need(2, "message").asText("message"));
        }
        byte[] body = outer.need(BODY_KEY, "body").asBytes("body");
        CborMap map = Cbor.decode(body).asMap("join answer");
        return new Accepted(
                Pem.certificate(map.need(1, "intermediate").asBytes("intermediate")),
                Pem.certificate(map.need(2, "foreign intermediate").asBytes("foreign intermediate")),
                map.need(3, "roots").asList("roots", MAX_ROOTS, item -> Pem.certificate(item.asBytes("root"))),
                MeshParameters.read(map.need(4, "mesh parameters")),
                body,
                outer.need(MAC_KEY, "MAC").asBytes("MAC", JoinSecret.MAC_BYTES));
    }
}
