// SPDX-License-Identifier: Apache-2.0
/**
 * What needs a capability and happens once, before the sidecar starts: the device node, the persistent TUN, addresses,
 * routes and offloads. {@code KernelCalls} is the one file of JNA signatures; nothing here lies on a packet's way.
 */
@NullMarked
package io.vpnmesh.transport.setup;

import org.jspecify.annotations.NullMarked;
