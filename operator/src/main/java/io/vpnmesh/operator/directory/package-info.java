// SPDX-License-Identifier: Apache-2.0
/** Signed records between clusters: published by the leader through relays, followed by every replica. */
@NullMarked
package io.vpnmesh.operator.directory;

import org.jspecify.annotations.NullMarked;
