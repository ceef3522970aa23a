// SPDX-License-Identifier: Apache-2.0
/** The relay process: a peer that forwards ESP by leased SPI, carries signalling and hands signed records on. */
@NullMarked
package io.vpnmesh.relay;

import org.jspecify.annotations.NullMarked;
