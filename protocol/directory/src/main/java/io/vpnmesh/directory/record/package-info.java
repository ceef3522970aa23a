// SPDX-License-Identifier: Apache-2.0
/** What clusters tell each other, signed: peers, withdrawals, revocations, link states, and the store that merges them. */
@NullMarked
package io.vpnmesh.directory.record;

import org.jspecify.annotations.NullMarked;
