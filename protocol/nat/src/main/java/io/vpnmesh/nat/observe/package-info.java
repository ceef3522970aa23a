// SPDX-License-Identifier: Apache-2.0
/** The outside view: asks STUN servers and foreign relays for the reflexive address and classifies the NAT. */
@NullMarked
package io.vpnmesh.nat.observe;

import org.jspecify.annotations.NullMarked;
