// SPDX-License-Identifier: Apache-2.0
/** Reads the committed test vectors. */
@NullMarked
package io.vpnmesh.ipsec.vectors;

import org.jspecify.annotations.NullMarked;
