// SPDX-License-Identifier: Apache-2.0
/** Relays of this cluster: their endpoints as others reach them, their pods' identity. */
@NullMarked
package io.vpnmesh.operator.relay;

import org.jspecify.annotations.NullMarked;
