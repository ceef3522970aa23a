// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import io.fabric8.kubernetes.api.model.admission.v1.AdmissionRequest;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponse;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionReview;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vpnmesh.crds.RelayExpose;
import io.vpnmesh.crds.RelayTemplate;
import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.crds.VpnAddressBlockSpec;
import io.vpnmesh.crds.VpnAddressBlockStatus;
import io.vpnmesh.crds.VpnCluster;
import io.vpnmesh.crds.VpnClusterSpec;
import io.vpnmesh.crds.VpnClusterStatus;
import io.vpnmesh.crds.VpnInvite;
import io.vpnmesh.crds.VpnInviteSpec;
import io.vpnmesh.crds.VpnInviteStatus;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.crds.VpnMeshSpec;
import io.vpnmesh.crds.VpnMeshStatus;
import io.vpnmesh.crds.VpnPeer;
import io.vpnmesh.crds.VpnPeerSpec;
import io.vpnmesh.crds.VpnPeerStatus;
import io.vpnmesh.operator.ca.MeshTerms;

/**
 * Types that Jackson reads and writes by reflection: a native binary has to be told. What codecs read token by token (feed,
 * enrolment, frames) needs nothing. A test finds types that are missing here.
 */
@RegisterForReflection(
        targets = {
            VpnMesh.class,
            VpnMeshSpec.class,
            VpnMeshSpec.Addressing.class,
            VpnMeshSpec.Route.class,
            VpnMeshSpec.AllowedNamespaces.class,
            VpnMeshSpec.From.class,
            VpnMeshSpec.Inbound.class,
            VpnMeshSpec.Crypto.class,
            VpnMeshSpec.Suite.class,
            VpnMeshSpec.Relay.class,
            VpnMeshSpec.ExternalRelay.class,
            VpnMeshSpec.Join.class,
            VpnMeshSpec.SecretRef.class,
            VpnMeshSpec.DeletionPolicy.class,
            VpnMeshSpec.Sidecar.class,
            VpnMeshSpec.LogLevel.class,
            RelayExpose.class,
            RelayExpose.Type.class,
            RelayExpose.LoadBalancer.class,
            RelayExpose.NodePort.class,
            RelayExpose.HostPort.class,
            RelayTemplate.class,
            VpnMeshStatus.class,
            VpnMeshStatus.Effective.class,
            VpnMeshStatus.RelayStatus.class,
            VpnMeshStatus.SidecarVersion.class,
            VpnMeshStatus.Keys.class,
            VpnPeer.class,
            VpnPeerSpec.class,
            VpnPeerSpec.MeshRef.class,
            VpnPeerStatus.class,
            VpnInvite.class,
            VpnInviteSpec.class,
            VpnInviteStatus.class,
            VpnInviteStatus.Redemption.class,
            VpnCluster.class,
            VpnClusterSpec.class,
            VpnClusterStatus.class,
            VpnAddressBlock.class,
            VpnAddressBlockSpec.class,
            VpnAddressBlockStatus.class,
            VpnAddressBlockStatus.Allocation.class,
            VpnAddressBlockStatus.State.class,
            AdmissionReview.class,
            AdmissionRequest.class,
            AdmissionResponse.class,
            MeshTerms.class,
        })
final class NativeReflection {

    private NativeReflection() {}
}
