// SPDX-License-Identifier: Apache-2.0
/** Inner packets as bytes: reading their headers, clamping and refusing what is too big. No allocation on the way. */
@NullMarked
package io.vpnmesh.sidecar.packet;

import org.jspecify.annotations.NullMarked;
