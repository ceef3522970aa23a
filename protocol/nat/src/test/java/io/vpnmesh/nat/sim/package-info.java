// SPDX-License-Identifier: Apache-2.0
/** Whole sidecars in miniature (all machines of this module, no IKE, no ESP) in a simulated world. */
@NullMarked
package io.vpnmesh.nat.sim;

import org.jspecify.annotations.NullMarked;
