// SPDX-License-Identifier: Apache-2.0
/** The join of a new cluster, vpnmesh-join/1: the invite's secret never travels. */
@NullMarked
package io.vpnmesh.directory.join;

import org.jspecify.annotations.NullMarked;
