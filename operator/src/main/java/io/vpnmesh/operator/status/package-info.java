// SPDX-License-Identifier: Apache-2.0
/** Conditions and status patches. */
@NullMarked
package io.vpnmesh.operator.status;

import org.jspecify.annotations.NullMarked;
