// SPDX-License-Identifier: Apache-2.0
/** VpnPeer objects, one per joined pod, and the pod's condition. */
@NullMarked
package io.vpnmesh.operator.peer;

import org.jspecify.annotations.NullMarked;
