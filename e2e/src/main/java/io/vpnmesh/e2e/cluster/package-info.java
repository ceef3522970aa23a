// SPDX-License-Identifier: Apache-2.0

/// Real Kubernetes clusters for tests and the demo, behind one interface: a node made of real programs in a network
/// namespace, K3s in a container, or whatever an existing kubeconfig reaches.
@NullMarked
package io.vpnmesh.e2e.cluster;

import org.jspecify.annotations.NullMarked;
