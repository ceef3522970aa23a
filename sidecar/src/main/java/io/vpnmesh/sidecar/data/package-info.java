// SPDX-License-Identifier: Apache-2.0
/** The two packet threads: TUN to UDP and back. They read snapshots that only the conductor writes; no lock, no exception. */
@NullMarked
package io.vpnmesh.sidecar.data;

import org.jspecify.annotations.NullMarked;
