// SPDX-License-Identifier: Apache-2.0
/** The custom resources of group vpnmesh.io, version v1alpha1: shapes and CEL rules only, no behaviour. */
@NullMarked
package io.vpnmesh.crds;

import org.jspecify.annotations.NullMarked;
