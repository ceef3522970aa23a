// SPDX-License-Identifier: Apache-2.0
/** What the packet threads read: prefix to owner, SPI to SA, and packets that wait for an SA. */
@NullMarked
package io.vpnmesh.sidecar.table;

import org.jspecify.annotations.NullMarked;
