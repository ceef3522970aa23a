// SPDX-License-Identifier: Apache-2.0
/** IKEv2 as machines without I/O: one {@code IkeEndpoint} holds all IKE SAs of a node. */
@NullMarked
package io.vpnmesh.ipsec.ike;

import org.jspecify.annotations.NullMarked;
