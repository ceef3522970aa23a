// SPDX-License-Identifier: Apache-2.0
/** The TLS side: signed records between operators, and the way of a join through the relay. */
@NullMarked
package io.vpnmesh.relay.directory;

import org.jspecify.annotations.NullMarked;
