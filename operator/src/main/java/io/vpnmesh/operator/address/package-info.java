// SPDX-License-Identifier: Apache-2.0
/** Overlay addresses: which prefix is whose, and which pod holds which address. */
@NullMarked
package io.vpnmesh.operator.address;

import org.jspecify.annotations.NullMarked;
