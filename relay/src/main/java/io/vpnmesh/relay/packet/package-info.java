// SPDX-License-Identifier: Apache-2.0
/** The packet path: one thread that receives, forwards, and passes the rest on; no lock, no allocation. */
@NullMarked
package io.vpnmesh.relay.packet;

import org.jspecify.annotations.NullMarked;
