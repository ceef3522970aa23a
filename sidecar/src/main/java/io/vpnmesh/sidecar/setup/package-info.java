// SPDX-License-Identifier: Apache-2.0
/** The init container: what it checks, what it makes. */
@NullMarked
package io.vpnmesh.sidecar.setup;

import org.jspecify.annotations.NullMarked;
