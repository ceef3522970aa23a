// SPDX-License-Identifier: Apache-2.0
/** Whole tunnels side by side: ours as it is injected, beside its rivals, on one machine and in one run. */
@org.jspecify.annotations.NullMarked
package io.vpnmesh.bench.tunnel;
