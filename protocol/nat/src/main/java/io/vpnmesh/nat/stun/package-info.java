// SPDX-License-Identifier: Apache-2.0
/** STUN messages (RFC 8489): bytes to records and back, integrity, fingerprint; no transactions, no sockets. */
@NullMarked
package io.vpnmesh.nat.stun;

import org.jspecify.annotations.NullMarked;
