// SPDX-License-Identifier: Apache-2.0
/** How a further cluster comes in: invitations at the founder, the request at the joiner. */
@NullMarked
package io.vpnmesh.operator.join;

import org.jspecify.annotations.NullMarked;
