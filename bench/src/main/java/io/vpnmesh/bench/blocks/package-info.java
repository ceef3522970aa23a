// SPDX-License-Identifier: Apache-2.0
/** The building blocks of the fast path and of control traffic, one by one; {@code make bench-blocks}. */
@NullMarked
package io.vpnmesh.bench.blocks;

import org.jspecify.annotations.NullMarked;
