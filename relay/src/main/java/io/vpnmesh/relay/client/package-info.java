// SPDX-License-Identifier: Apache-2.0
/** The clients of a relay: their IKE sessions, who may be one, and what is said to them inside ESP. */
@NullMarked
package io.vpnmesh.relay.client;

import org.jspecify.annotations.NullMarked;
