// SPDX-License-Identifier: Apache-2.0
/** Identifiers of meshes, clusters and nodes. */
@NullMarked
package io.vpnmesh.core.id;

import org.jspecify.annotations.NullMarked;
