// SPDX-License-Identifier: Apache-2.0

/// Tests of the lab's `run` package.
@NullMarked
package io.vpnmesh.e2e.run;

import org.jspecify.annotations.NullMarked;
