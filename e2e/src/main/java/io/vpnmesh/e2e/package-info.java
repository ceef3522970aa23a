// SPDX-License-Identifier: Apache-2.0

/// Real clusters behind real NATs, for the end-to-end tests, the demo, and people who want to look around.
@NullMarked
package io.vpnmesh.e2e;

import org.jspecify.annotations.NullMarked;
