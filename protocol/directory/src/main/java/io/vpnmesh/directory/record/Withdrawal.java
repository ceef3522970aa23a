// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.record;

import io.vpnmesh.core.id.NodeId;

/** A node is gone. Its record with this generation or a lower one must not come back by an older message. */
public record Withdrawal(NodeId node, long generation) {}
