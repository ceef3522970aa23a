// SPDX-License-Identifier: Apache-2.0

/// Tests of the lab's `net` package.
@NullMarked
package io.vpnmesh.e2e.net;

import org.jspecify.annotations.NullMarked;
