// SPDX-License-Identifier: Apache-2.0
/** What the IPsec engine costs: handshakes, packets, memory; {@code make bench-ipsec}. */
@NullMarked
package io.vpnmesh.bench.ipsec;

import org.jspecify.annotations.NullMarked;
