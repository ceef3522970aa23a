// SPDX-License-Identifier: Apache-2.0
/** A real API server for tests. */
@NullMarked
package io.vpnmesh.operator.lab;

import org.jspecify.annotations.NullMarked;
