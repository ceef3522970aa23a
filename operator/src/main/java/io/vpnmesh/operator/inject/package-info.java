// SPDX-License-Identifier: Apache-2.0
/** The sidecar's place in a pod: what is added, what is refused. Pure; the webhook calls it. */
@NullMarked
package io.vpnmesh.operator.inject;

import org.jspecify.annotations.NullMarked;
