// SPDX-License-Identifier: Apache-2.0
/** The configuration of a node process: one record, from a properties file or the environment. */
@NullMarked
package io.vpnmesh.node.config;

import org.jspecify.annotations.NullMarked;
