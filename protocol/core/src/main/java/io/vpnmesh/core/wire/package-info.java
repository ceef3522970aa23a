// SPDX-License-Identifier: Apache-2.0
/** Bounded big-endian cursors over byte arrays, and text encodings of binary identifiers. */
@NullMarked
package io.vpnmesh.core.wire;

import org.jspecify.annotations.NullMarked;
