// SPDX-License-Identifier: Apache-2.0
/** Probes, the status page and metrics over plain HTTP, on the pod's own address. */
@NullMarked
package io.vpnmesh.node.health;

import org.jspecify.annotations.NullMarked;
