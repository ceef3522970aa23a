// SPDX-License-Identifier: Apache-2.0
/** Authenticated path checks: the STUN dialect of our own peers, its keys, replay window and liveness rules. */
@NullMarked
package io.vpnmesh.nat.check;

import org.jspecify.annotations.NullMarked;
