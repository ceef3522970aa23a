// SPDX-License-Identifier: Apache-2.0
/** Desired state as a pure function of what was observed. May not import the client or the operator SDK. */
@NullMarked
package io.vpnmesh.operator.model;

import org.jspecify.annotations.NullMarked;
