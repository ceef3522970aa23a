// SPDX-License-Identifier: Apache-2.0
/** Messages of vpnmesh-ctl/1 between operators and relays. */
@NullMarked
package io.vpnmesh.directory.ctl;

import org.jspecify.annotations.NullMarked;
