// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.join;

import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.MeshRef;
import io.vpnmesh.operator.model.MeshDefaults;
import io.vpnmesh.operator.relay.RelayEndpointsSource;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Keeps invitations: sequence only, {@link InviteService} decides. */
@ControllerConfiguration(name = "vpninvite", generationAwareEventProcessing = false)
public class VpnInviteReconciler implements Reconciler<VpnInvite> {

    /** What a token can name; more would make it long without making it better. */
    private static final int MAX_RELAYS = 4;

    private static final Duration LOST_RACE = Duration.ofMillis(200);

    private final InviteService service;
    private final Invites invites;
    private final MeshAuthority authority;
    private final MeshCaches caches;
    private final RelayEndpointsSource relays;

    VpnInviteReconciler(
            InviteService service,
            Invites invites,
            MeshAuthority authority,
            MeshCaches caches,
            RelayEndpointsSource relays) {
        this.service = service;
        this.invites = invites;
        this.authority = authority;
        this.caches = caches;
        this.relays = relays;
    }

    @Override
    public UpdateControl<VpnInvite> reconcile(VpnInvite invite, Context<VpnInvite> context) {
        MeshRef ref = new MeshRef(
                invite.getMetadata().getNamespace(), invite.getSpec().mesh());
        Optional<VpnMesh> mesh = caches.mesh(ref);
        InviteService.Outcome outcome = service.reconcile(
                invite,
                new InviteService.Mesh(
                        mesh.isEmpty() ? Optional.empty() : authority.keys(ref),
                        mesh.map(found -> relayAddresses(ref, found)).orElse(List.of())));
        if (!outcome.status().equals(invite.getStatus())) {
            invite.setStatus(outcome.status());
            // By compare-and-swap: a join may take a use of the invitation at this moment.
            if (!invites.replaceStatus(invite)) {
                return UpdateControl.<VpnInvite>noUpdate().rescheduleAfter(LOST_RACE);
            }
        }
        return outcome.again().isPositive()
                ? UpdateControl.<VpnInvite>noUpdate().rescheduleAfter(outcome.again())
                : UpdateControl.noUpdate();
    }

    private List<String> relayAddresses(MeshRef ref, VpnMesh mesh) {
        return Stream.concat(
                        relays.relays(ref).stream()
                                .flatMap(relay -> relay.tls().stream())
                                .map(Endpoint::toString),
                        MeshDefaults.relay(mesh).external().stream().flatMap(relay -> relay.tls().stream()))
                .distinct()
                .limit(MAX_RELAYS)
                .toList();
    }
}
