// SPDX-License-Identifier: Apache-2.0
/**
 * The only code that touches sockets, devices and the monotonic clock: adapters between the kernel and the machines of
 * the protocols. It stands on core alone and makes no protocol decision.
 */
@NullMarked
package io.vpnmesh.transport;

import org.jspecify.annotations.NullMarked;
