// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.inject;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Pod;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.model.OperatorFacts;
import java.util.List;

/** What admission decides about a pod. */
public sealed interface Injection {

    /** The pod stays as it is. */
    record Untouched() implements Injection {}

    /** The pod with the sidecar. */
    record Injected(Pod pod) implements Injection {}

    /** The pod cannot join as it is, and no waiting helps; the message names the fix. */
    record Refused(String message) implements Injection {}

    /**
     * What the decision is made of.
     *
     * @param namespace the pod's, with its labels
     * @param meshes all of this cluster
     * @param serverMinor minor version of the API server, for example 29
     */
    record Surroundings(Namespace namespace, List<VpnMesh> meshes, int serverMinor, OperatorFacts operator) {}
}
