// SPDX-License-Identifier: Apache-2.0
/** The sidecar process: {@code setup} makes the interface once, {@code run} is the node of the overlay. */
@NullMarked
package io.vpnmesh.sidecar;

import org.jspecify.annotations.NullMarked;
