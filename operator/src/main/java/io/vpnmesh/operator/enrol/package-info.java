// SPDX-License-Identifier: Apache-2.0
/** What sidecars and relays ask the operator over HTTP, and the checks before an answer. */
@NullMarked
package io.vpnmesh.operator.enrol;

import org.jspecify.annotations.NullMarked;
