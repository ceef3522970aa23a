// SPDX-License-Identifier: Apache-2.0
/** What the process tells about itself: status page, metrics, reports to the operator. */
@NullMarked
package io.vpnmesh.sidecar.status;

import org.jspecify.annotations.NullMarked;
