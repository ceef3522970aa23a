// SPDX-License-Identifier: Apache-2.0
/** The conductor's side: who is known, which relays and peers we talk to, and what the packet threads shall do with it. */
@NullMarked
package io.vpnmesh.sidecar.session;

import org.jspecify.annotations.NullMarked;
