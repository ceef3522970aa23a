// SPDX-License-Identifier: Apache-2.0
/** The only door to the JCA: secrets, randomness, MACs, key agreement, signatures, AEADs. */
@NullMarked
package io.vpnmesh.core.crypto;

import org.jspecify.annotations.NullMarked;
