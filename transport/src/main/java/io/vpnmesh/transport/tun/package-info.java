// SPDX-License-Identifier: Apache-2.0
/** The inner side of the tunnel: a persistent TUN that was made beforehand and is attached here without a capability. */
@NullMarked
package io.vpnmesh.transport.tun;

import org.jspecify.annotations.NullMarked;
