// SPDX-License-Identifier: Apache-2.0
/** ESP on caller-owned buffers (RFC 4303, RFC 4106): verdicts, no exceptions, no allocation of our own. */
@NullMarked
package io.vpnmesh.ipsec.esp;

import org.jspecify.annotations.NullMarked;
