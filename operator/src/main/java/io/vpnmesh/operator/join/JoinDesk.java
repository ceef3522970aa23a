// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.CertificateIssuer;
import io.vpnmesh.core.x509.ClusterDomain;
import io.vpnmesh.core.x509.Csr;
import io.vpnmesh.core.x509.Pem;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterStatus;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnInviteStatus;
import io.vpnmesh.directory.join.JoinAnswer;
import io.vpnmesh.directory.join.JoinRequest;
import io.vpnmesh.directory.join.JoinToken;
import io.vpnmesh.directory.join.MeshParameters;
import io.vpnmesh.operator.ca.Intermediates;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.ca.MeshTerms;
import io.vpnmesh.operator.ca.SecretStore;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/**
 * The founder's side of a join: checks the proof, takes one use of the invitation, picks a free prefix and signs. A
 * cluster that asks again gets the same share without using the invitation up, because the first answer may have been
 * lost. Only the leader answers, one request at a time: no prefix can be given twice.
 */
@ApplicationScoped
public class JoinDesk {

    private static final Logger LOG = Logger.getLogger(JoinDesk.class);
    private static final Duration VALIDITY = Duration.ofDays(1825);
    private static final int MAX_ATTEMPTS = 20;

    private final Invites invites;
    private final SecretStore secrets;
    private final InstantSource clock;
    private final ReentrantLock oneAtATime = new ReentrantLock();

    @Inject
    JoinDesk(Invites invites, SecretStore secrets) {
        this(invites, secrets, InstantSource.system());
    }

    JoinDesk(Invites invites, SecretStore secrets, InstantSource clock) {
        this.invites = invites;
        this.secrets = secrets;
        this.clock = clock;
    }

    /** Ends the handling of a request with a refusal. */
    private static final class RefusedJoin extends Exception {

        private static final long serialVersionUID = 1L;
        private final String reason;

        RefusedJoin(String reason, String message) {
            super(message, null, false, false);
            this.reason = reason;
        }
    }

    /**
     * Answers an encoded {@link JoinRequest} with an encoded {@link JoinAnswer}.
     *
     * @param founderName of this cluster, for people
     */
    public byte[] answer(MeshKeys keys, MeshTerms terms, String founderName, byte[] encoded) {
        oneAtATime.lock();
        try {
            return accept(keys, terms, founderName, JoinRequest.decode(encoded)).encode();
        } catch (RefusedJoin e) {
            LOG.infof("event=join-refused mesh=%s reason=%s message=\"%s\"", keys.mesh(), e.reason, e.getMessage());
            return new JoinAnswer.Refused(e.reason, String.valueOf(e.getMessage())).encode();
        } catch (MalformedException e) {
            return new JoinAnswer.Refused("Malformed", String.valueOf(e.getMessage())).encode();
        } finally {
            oneAtATime.unlock();
        }
    }

    private JoinAnswer accept(MeshKeys keys, MeshTerms terms, String founderName, JoinRequest request)
            throws RefusedJoin, MalformedException {
        CertificateIssuer root = keys.rootIssuer()
                .orElseThrow(() -> new RefusedJoin(
                        "NotFounder",
                        "this cluster did not found the mesh: use an invitation of the founding cluster"));
        if (!request.mesh().equals(keys.meshId())) {
            throw new RefusedJoin(
                    "OtherMesh", "the request is for mesh " + request.mesh() + ", this is " + keys.meshId());
        }
        Ticket ticket = ticket(keys.mesh(), request);
        Csr csr = Csr.parse(request.csrPem());
        if (csr.suite() != terms.suiteName()) {
            throw new RefusedJoin(
                    "WrongSuite", "the mesh uses the suite " + terms.suite() + ", the request's key does not");
        }
        List<VpnCluster> clusters = invites.clusters(keys.mesh());
        Optional<VpnCluster> known = clusters.stream()
                .filter(cluster ->
                        cluster.getSpec().clusterId().equals(request.cluster().toString()))
                .findFirst();
        if (known.filter(cluster -> Boolean.TRUE.equals(cluster.getSpec().revoked()))
                .isPresent()) {
            throw new RefusedJoin(
                    "ClusterRevoked",
                    "cluster " + request.cluster()
                            + " is revoked for good: delete its key Secrets and let it join with a"
                            + " new invitation as a new cluster");
        }
        VpnInvite invite = takeUse(keys.mesh(), ticket.inviteName(), request);
        boolean approval = Boolean.TRUE.equals(invite.getSpec().requireApproval());
        VpnCluster stored = invites.ensureCluster(ClusterNames.object(
                keys.mesh(), request.cluster(), request.clusterName(), approval ? Boolean.FALSE : null));
        if (approval && !Boolean.TRUE.equals(stored.getSpec().approved())) {
            throw new RefusedJoin(
                    "ApprovalPending",
                    "an admin of the founding cluster has to approve: kubectl patch vpncluster "
                            + stored.getMetadata().getName() + " -n "
                            + keys.mesh().namespace()
                            + " --type merge -p '{\"spec\":{\"approved\":true}}'");
        }
        List<Cidr> prefixes = prefixes(keys, terms, invite, stored, clusters);
        Instant now = clock.instant();
        Intermediates intermediates = Intermediates.sign(
                root, new ClusterDomain(keys.meshId(), request.cluster()), csr.publicKey(), prefixes, now, VALIDITY);
        show(stored, prefixes, intermediates);
        LOG.infof(
                "event=cluster-joined mesh=%s cluster=%s name=%s prefixes=%s",
                keys.mesh(), request.cluster(), request.clusterName(), prefixes);
        return JoinAnswer.Accepted.create(
                ticket.token().secret(),
                request,
                intermediates.full(),
                intermediates.foreign(),
                List.of(keys.root()),
                new MeshParameters(
                        keys.mesh().name(),
                        keys.clusterId(),
                        founderName,
                        List.of(terms.plan().ipv4(), terms.plan().ipv6()),
                        prefixes,
                        terms.suiteName(),
                        terms.certificateLifetime(),
                        terms.stunServers()));
    }

    private record Ticket(String inviteName, JoinToken token) {}

    private Ticket ticket(MeshRef mesh, JoinRequest request) throws RefusedJoin {
        // One by one and by name: the operator has no right to list Secrets, and a mesh has few invitations.
        for (VpnInvite invite : invites.list(mesh)) {
            Optional<JoinToken> token = secrets.get(mesh.namespace(), InviteService.secretName(invite))
                    .filter(secret -> InviteService.isOwned(secret, invite))
                    .flatMap(InviteService::token)
                    .filter(found -> found.secret().inviteId().equals(request.inviteId()));
            if (token.isEmpty() || !request.isFrom(token.get().secret())) {
                continue;
            }
            if (token.get().isExpired(clock.instant())) {
                throw new RefusedJoin(
                        "InviteExpired",
                        "the invitation expired at " + token.get().expires()
                                + ": make a new one with 'kubectl vpnmesh invite'");
            }
            return new Ticket(invite.getMetadata().getName(), token.get());
        }
        throw new RefusedJoin(
                "UnknownInvite",
                "the founding cluster knows no invitation with this secret: it was used up, has expired, was deleted, or the"
                        + " token is of another mesh. Make a new one with 'kubectl vpnmesh invite'");
    }

    /** Takes one use by compare-and-swap, unless this cluster has taken one before. */
    private VpnInvite takeUse(MeshRef mesh, String name, JoinRequest request) throws RefusedJoin {
        for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
            VpnInvite invite = invites.get(mesh.namespace(), name)
                    .filter(found -> mesh.name().equals(found.getSpec().mesh()))
                    .orElseThrow(() -> new RefusedJoin(
                            "UnknownInvite",
                            "the invitation was deleted: make a new one with 'kubectl vpnmesh invite'"));
            VpnInviteStatus status = invite.getStatus() == null ? VpnInviteStatus.empty() : invite.getStatus();
            String cluster = request.cluster().toString();
            if (status.redemptions().stream().anyMatch(one -> one.clusterId().equals(cluster))) {
                return invite;
            }
            int usesLeft = status.usesLeft() == null ? 0 : status.usesLeft();
            if (usesLeft < 1) {
                throw new RefusedJoin(
                        "InviteUsedUp",
                        "the invitation has been used by "
                                + status.redemptions().size()
                                + " cluster(s) and allows no more: make a new one with 'kubectl vpnmesh invite'");
            }
            List<VpnInviteStatus.Redemption> redemptions = new ArrayList<>(status.redemptions());
            redemptions.add(new VpnInviteStatus.Redemption(
                    cluster, request.clusterName(), clock.instant().toString()));
            invite.setStatus(new VpnInviteStatus(
                    status.observedGeneration(),
                    status.expiresAt(),
                    usesLeft - 1,
                    status.secretName(),
                    redemptions,
                    status.conditions()));
            if (invites.replaceStatus(invite)) {
                return invite;
            }
        }
        throw new RefusedJoin("Busy", "the invitation is being used by many at once: try again");
    }

    private static List<Cidr> prefixes(
            MeshKeys keys, MeshTerms terms, VpnInvite invite, VpnCluster stored, List<VpnCluster> clusters)
            throws RefusedJoin {
        List<String> given =
                stored.getStatus() == null ? List.of() : stored.getStatus().prefixes();
        if (!given.isEmpty()) {
            return given.stream().map(Cidr::parse).toList();
        }
        List<Cidr> taken = Stream.concat(
                        keys.prefixes().stream(),
                        clusters.stream()
                                .filter(cluster -> cluster.getStatus() != null)
                                .flatMap(cluster -> cluster.getStatus().prefixes().stream())
                                .map(Cidr::parse))
                .toList();
        List<Cidr> within =
                invite.getSpec().prefixes().stream().map(Cidr::parse).toList();
        Cidr prefix = terms.plan()
                .freeClusterPrefix(taken, within)
                .orElseThrow(() -> new RefusedJoin(
                        "NoFreePrefix",
                        "the mesh's range " + terms.ipv4() + " has no free /" + terms.clusterPrefixLength()
                                + (within.isEmpty() ? "" : " within the invitation's prefixes " + within)
                                + ": found a mesh with a larger range or a smaller share for each cluster"));
        return terms.plan().both(prefix);
    }

    private void show(VpnCluster stored, List<Cidr> prefixes, Intermediates intermediates) {
        VpnClusterStatus before = stored.getStatus() == null ? VpnClusterStatus.empty() : stored.getStatus();
        stored.setStatus(new VpnClusterStatus(
                before.observedGeneration(),
                false,
                false,
                prefixes.stream().map(Cidr::toString).toList(),
                Pem.encode(intermediates.full()),
                before.connected() != null && before.connected(),
                before.peers(),
                before.lastSeen(),
                before.conditions()));
        invites.writeStatus(stored);
    }
}
