// SPDX-License-Identifier: Apache-2.0
/** IKEv2 messages and payloads as values, and their codec (RFC 7296 section 3, RFC 7383 section 2.5). */
@NullMarked
package io.vpnmesh.ipsec.message;

import org.jspecify.annotations.NullMarked;
