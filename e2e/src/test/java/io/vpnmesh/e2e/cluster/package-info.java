// SPDX-License-Identifier: Apache-2.0

/// Tests of the lab's `cluster` package.
@NullMarked
package io.vpnmesh.e2e.cluster;

import org.jspecify.annotations.NullMarked;
