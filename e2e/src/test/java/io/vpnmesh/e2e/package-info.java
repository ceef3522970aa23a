// SPDX-License-Identifier: Apache-2.0

/// Tests of the lab itself: what it builds behaves as its names say.
@NullMarked
package io.vpnmesh.e2e;

import org.jspecify.annotations.NullMarked;
