// SPDX-License-Identifier: Apache-2.0
/** Signalling datagrams between a sidecar and its relay, inside their Child SA: header, bodies, codecs. */
@NullMarked
package io.vpnmesh.nat.signal;

import org.jspecify.annotations.NullMarked;
