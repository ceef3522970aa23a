// SPDX-License-Identifier: Apache-2.0
/** Candidates, and the machine that finds, proves, watches and leaves paths to one peer. */
@NullMarked
package io.vpnmesh.nat.path;

import org.jspecify.annotations.NullMarked;
