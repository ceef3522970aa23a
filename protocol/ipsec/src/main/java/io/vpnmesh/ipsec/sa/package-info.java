// SPDX-License-Identifier: Apache-2.0
/** What IKE negotiates for the data plane: Child SAs, their selectors and lifetimes. */
@NullMarked
package io.vpnmesh.ipsec.sa;

import org.jspecify.annotations.NullMarked;
