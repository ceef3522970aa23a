// SPDX-License-Identifier: Apache-2.0
/** What the benchmarks share: a table of figures against bars. */
@NullMarked
package io.vpnmesh.bench;

import org.jspecify.annotations.NullMarked;
