// SPDX-License-Identifier: Apache-2.0

/// Tests of the lab's `image` package.
@NullMarked
package io.vpnmesh.e2e.image;

import org.jspecify.annotations.NullMarked;
