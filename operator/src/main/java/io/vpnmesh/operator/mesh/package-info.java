// SPDX-License-Identifier: Apache-2.0
/** VpnMesh in this cluster: caches, who may join, the reconciler that keeps keys, relays and anchors in place. */
@NullMarked
package io.vpnmesh.operator.mesh;

import org.jspecify.annotations.NullMarked;
