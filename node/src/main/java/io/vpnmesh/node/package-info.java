// SPDX-License-Identifier: Apache-2.0
/** What every node process shares on its packet and control paths; a sidecar and a relay are both built on it. */
@NullMarked
package io.vpnmesh.node;

import org.jspecify.annotations.NullMarked;
