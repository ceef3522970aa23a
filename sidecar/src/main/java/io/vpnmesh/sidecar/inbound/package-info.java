// SPDX-License-Identifier: Apache-2.0
/** What other members may open at this pod, enforced after decapsulation. */
@NullMarked
package io.vpnmesh.sidecar.inbound;

import org.jspecify.annotations.NullMarked;
