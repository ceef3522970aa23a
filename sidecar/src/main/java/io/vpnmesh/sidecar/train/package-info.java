// SPDX-License-Identifier: Apache-2.0
/**
 * Super-packets of a TUN: cutting one into what a wire carries, and joining what came over the wire into one. Pure
 * functions over arrays that the packet threads own; no allocation, no exception for any bytes.
 */
@NullMarked
package io.vpnmesh.sidecar.train;

import org.jspecify.annotations.NullMarked;
