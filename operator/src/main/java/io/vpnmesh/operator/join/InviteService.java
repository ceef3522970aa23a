// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.crds.Conditions;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnInviteSpec;
import io.vpnmesh.crds.VpnInviteStatus;
import io.vpnmesh.directory.join.JoinSecret;
import io.vpnmesh.directory.join.JoinToken;
import io.vpnmesh.operator.ca.Durations;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.SecretStore;
import io.vpnmesh.operator.mesh.Marks;
import io.vpnmesh.operator.status.ConditionSet;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The life of an invitation: a token Secret while it can be used, then nothing. Leader only. */
@ApplicationScoped
public class InviteService {

    static final String TOKEN_KEY = "token";

    private static final Duration DEFAULT_EXPIRY = Duration.ofHours(1);

    /** A cluster whose answer was lost asks again within seconds, and then the secret must still be there. */
    private static final Duration KEPT_AFTER_LAST_USE = Duration.ofSeconds(60);

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(5);

    private final SecretStore secrets;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    /**
     * What to write and when to look again.
     *
     * @param again zero: only when something changes
     */
    public record Outcome(VpnInviteStatus status, Duration again) {}

    /** What an invitation is made of; empty fields say what is missing. */
    public record Mesh(Optional<MeshKeys> keys, List<String> relays) {}

    @Inject
    InviteService(SecretStore secrets) {
        this(secrets, InstantSource.system());
    }

    InviteService(SecretStore secrets, InstantSource clock) {
        this.secrets = secrets;
        this.clock = clock;
    }

    /** Makes, keeps or removes the token Secret, and says what became of the invitation. */
    public Outcome reconcile(VpnInvite invite, Mesh mesh) {
        VpnInviteStatus status = invite.getStatus() == null ? VpnInviteStatus.empty() : invite.getStatus();
        Instant now = clock.instant();
        if (status.expiresAt() == null) {
            return begin(invite, status, mesh, now);
        }
        Instant expires = Instant.parse(status.expiresAt());
        if (!now.isBefore(expires)) {
            removeToken(invite);
            return ended(invite, status, "Expired", "expired at " + expires + ": make a new VpnInvite");
        }
        if (status.usesLeft() != null && status.usesLeft() < 1) {
            Duration left =
                    sinceLastUse(status, now).map(KEPT_AFTER_LAST_USE::minus).orElse(Duration.ZERO);
            if (left.isPositive()) {
                return new Outcome(
                        with(invite, status, status.secretName(), false, "UsedUp", "used as often as allowed"), left);
            }
            removeToken(invite);
            return ended(
                    invite, status, "UsedUp", "used as often as allowed: make a new VpnInvite for another cluster");
        }
        if (secrets.get(namespace(invite), secretName(invite)).isEmpty()) {
            return ended(
                    invite, status, "TokenGone", "the token Secret was deleted, nobody can join: make a new VpnInvite");
        }
        return new Outcome(
                with(invite, status, secretName(invite), true, "Usable", usable(invite)),
                Duration.between(now, expires));
    }

    private Outcome begin(VpnInvite invite, VpnInviteStatus status, Mesh mesh, Instant now) {
        String meshName = invite.getSpec().mesh();
        if (mesh.keys().isEmpty()) {
            return waiting(
                    invite, status, "MeshNotReady", "VpnMesh " + meshName + " is unknown here or has no keys yet");
        }
        MeshKeys keys = mesh.keys().get();
        if (!keys.founder()) {
            return waiting(
                    invite,
                    status,
                    "NotFounder",
                    "this cluster joined mesh " + meshName
                            + " and cannot invite: make the VpnInvite in the founding cluster "
                            + keys.terms().founder());
        }
        if (mesh.relays().isEmpty()) {
            return waiting(
                    invite,
                    status,
                    "NoRelayAddress",
                    "no relay of mesh " + meshName + " is reachable from outside yet: its Service needs a load balancer"
                            + " address, or set spec.relay.expose to NodePort or HostPort");
        }
        VpnInviteSpec spec = invite.getSpec();
        Duration validity = spec.expiresAfter() == null ? DEFAULT_EXPIRY : Durations.parse(spec.expiresAfter());
        JoinToken token = new JoinToken(
                keys.meshId(),
                Pem.fingerprint(keys.root()),
                mesh.relays(),
                JoinSecret.generate(random),
                now.plus(validity));
        if (!secrets.create(secret(invite, token))) {
            // Made before a crash; what was handed out may be known to somebody already.
            token = secrets.get(namespace(invite), secretName(invite))
                    .filter(secret -> isOwned(secret, invite))
                    .flatMap(InviteService::token)
                    .orElse(null);
            if (token == null) {
                return waiting(
                        invite,
                        status,
                        "TokenNameTaken",
                        "a Secret " + secretName(invite)
                                + " that is no token of ours is in the way: delete it or rename the" + " VpnInvite");
            }
        }
        int uses = spec.uses() == null ? 1 : spec.uses();
        VpnInviteStatus begun = new VpnInviteStatus(
                status.observedGeneration(),
                token.expires().toString(),
                uses,
                secretName(invite),
                status.redemptions(),
                status.conditions());
        return new Outcome(
                with(invite, begun, secretName(invite), true, "Usable", usable(invite)),
                Duration.between(now, token.expires()));
    }

    /** The token in a Secret; empty for any other Secret. */
    static Optional<JoinToken> token(Secret secret) {
        Map<String, String> data = secret.getData();
        String encoded = data == null ? null : data.get(TOKEN_KEY);
        if (encoded == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    JoinToken.parse(new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8)));
        } catch (MalformedException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** A name is no proof: somebody may have made a Secret of that name. */
    static boolean isOwned(Secret secret, VpnInvite invite) {
        return secret.getMetadata().getOwnerReferences().stream()
                .anyMatch(owner -> "VpnInvite".equals(owner.getKind())
                        && invite.getMetadata().getUid().equals(owner.getUid()));
    }

    static String secretName(VpnInvite invite) {
        return invite.getMetadata().getName() + "-token";
    }

    private static String namespace(VpnInvite invite) {
        return invite.getMetadata().getNamespace();
    }

    private static Secret secret(VpnInvite invite, JoinToken token) {
        return new SecretBuilder()
                .withNewMetadata()
                .withNamespace(namespace(invite))
                .withName(secretName(invite))
                .addToLabels(Marks.MANAGED_BY, Marks.OPERATOR)
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(invite.getApiVersion())
                        .withKind(invite.getKind())
                        .withName(invite.getMetadata().getName())
                        .withUid(invite.getMetadata().getUid())
                        .withController(true)
                        .withBlockOwnerDeletion(false)
                        .build())
                .endMetadata()
                .withType("Opaque")
                .addToData(
                        TOKEN_KEY,
                        Base64.getEncoder().encodeToString(token.text().getBytes(StandardCharsets.UTF_8)))
                .build();
    }

    private void removeToken(VpnInvite invite) {
        secrets.get(namespace(invite), secretName(invite))
                .filter(secret -> isOwned(secret, invite))
                .ifPresent(secret -> secrets.delete(namespace(invite), secretName(invite)));
    }

    private static Optional<Duration> sinceLastUse(VpnInviteStatus status, Instant now) {
        return status.redemptions().stream()
                .map(redemption -> Instant.parse(redemption.at()))
                .max(Instant::compareTo)
                .map(last -> Duration.between(last, now));
    }

    private static String usable(VpnInvite invite) {
        return "hand the token to the other cluster: kubectl get secret " + secretName(invite) + " -n "
                + namespace(invite) + " -o jsonpath='{.data.token}' | base64 -d";
    }

    private Outcome waiting(VpnInvite invite, VpnInviteStatus status, String reason, String message) {
        return new Outcome(with(invite, status, null, false, reason, message), LOOK_AGAIN);
    }

    private Outcome ended(VpnInvite invite, VpnInviteStatus status, String reason, String message) {
        return new Outcome(with(invite, status, null, false, reason, message), Duration.ZERO);
    }

    private VpnInviteStatus with(
            VpnInvite invite,
            VpnInviteStatus status,
            @Nullable String secretName,
            boolean ready,
            String reason,
            String message) {
        long generation = invite.getMetadata().getGeneration() == null
                ? 1
                : invite.getMetadata().getGeneration();
        return new VpnInviteStatus(
                generation,
                status.expiresAt(),
                status.usesLeft(),
                secretName,
                status.redemptions(),
                new ConditionSet(status.conditions(), generation, clock.instant())
                        .set(Conditions.READY, ready, reason, message)
                        .toList());
    }
}
