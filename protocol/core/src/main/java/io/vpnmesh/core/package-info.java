// SPDX-License-Identifier: Apache-2.0
/** The contract that every protocol machine keeps: input in, output through an outbox, no I/O, no clock. */
@NullMarked
package io.vpnmesh.core;

import org.jspecify.annotations.NullMarked;
