// SPDX-License-Identifier: Apache-2.0
/** One line per log event on the standard error stream, without a logging framework. */
@NullMarked
package io.vpnmesh.node.log;

import org.jspecify.annotations.NullMarked;
