// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.core.x509.CertificateVerifier;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.core.x509.Verdict;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.address.Allocations;
import io.vpnmesh.operator.ca.MeshAuthority;
import io.vpnmesh.operator.ca.MeshKeys;
import io.vpnmesh.operator.mesh.MeshCaches;
import io.vpnmesh.operator.mesh.MeshRef;
import jakarta.enterprise.context.ApplicationScoped;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/** Who shows a mesh certificate. TLS has proved that the peer holds the key, and has checked nothing else. */
@ApplicationScoped
class NodeGate {

    private final MeshCaches caches;
    private final MeshAuthority authority;
    private final Allocations allocations;
    private final InstantSource clock = InstantSource.system();

    NodeGate(MeshCaches caches, MeshAuthority authority, Allocations allocations) {
        this.caches = caches;
        this.authority = authority;
        this.allocations = allocations;
    }

    /**
     * A pod of this cluster with a valid certificate.
     *
     * @param notAfter of the certificate
     */
    record Node(VpnMesh mesh, MeshKeys keys, NodeIdentity identity, Instant notAfter, Allocations.Held held) {}

    /** Errors: Refused. */
    Node admit(List<byte[]> chain) {
        if (chain.isEmpty()) {
            throw Refused.unauthorized(
                    "CertificateMissing", "show the certificate that POST /v1/enroll gave: this path needs mutual TLS");
        }
        String refusal = "no VpnMesh of this cluster has keys";
        for (VpnMesh mesh : caches.meshes()) {
            Optional<MeshKeys> keys = authority.keys(MeshRef.of(mesh));
            if (keys.isEmpty()) {
                continue;
            }
            CertificateVerifier verifier = new CertificateVerifier(
                    List.of(keys.get().root()), List.of(keys.get().intermediate()));
            switch (verifier.verify(chain, clock.instant())) {
                case Verdict.Trusted trusted -> {
                    return admit(mesh, keys.get(), trusted);
                }
                case Verdict.Refused refused -> refusal = refused.message();
            }
        }
        throw Refused.unauthorized("CertificateRefused", "certificate refused: " + refusal);
    }

    private Node admit(VpnMesh mesh, MeshKeys keys, Verdict.Trusted trusted) {
        NodeIdentity identity = trusted.identity();
        if (!identity.domain().equals(keys.domain())) {
            throw Refused.forbidden(
                    "OtherCluster",
                    "the certificate is of cluster " + identity.cluster() + ", this is " + keys.clusterId()
                            + ": ask the operator of the own cluster");
        }
        Allocations.Held held = allocations
                .find(keys.mesh(), keys.meshId().toString(), identity.node().toString())
                .orElseThrow(() -> Refused.forbidden(
                        "UnknownNode",
                        "node " + identity.node()
                                + " holds no address here any more: enrol again with the pod's token"));
        if (identity.generation() < held.generation()) {
            throw Refused.forbidden(
                    "Superseded",
                    "generation " + identity.generation() + " of node " + identity.node() + " was replaced by "
                            + held.generation() + ": another process enrolled with a new key for the same pod");
        }
        return new Node(mesh, keys, identity, trusted.notAfter(), held);
    }

    /** The node's pod as it runs. Errors: Refused when it is gone. */
    Pod pod(Node node) {
        return caches.pod(
                        node.held().holder().namespace(),
                        node.held().holder().name(),
                        node.held().holder().uid())
                .orElseThrow(() -> Refused.forbidden(
                        "PodGone",
                        "pod " + node.held().holder().namespace() + "/"
                                + node.held().holder().name() + " is gone"));
    }
}
