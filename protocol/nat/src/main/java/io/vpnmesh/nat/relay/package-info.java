// SPDX-License-Identifier: Apache-2.0
/** Both halves of the relay protocol: leases, tickets, forwarding, switchboard; and the sidecar's attachments. */
@NullMarked
package io.vpnmesh.nat.relay;

import org.jspecify.annotations.NullMarked;
