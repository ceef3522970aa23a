// SPDX-License-Identifier: Apache-2.0
/** The feed: what a cluster's sidecars and relays may know of their mesh, as a watch that can be resumed. */
@NullMarked
package io.vpnmesh.operator.feed;

import org.jspecify.annotations.NullMarked;
