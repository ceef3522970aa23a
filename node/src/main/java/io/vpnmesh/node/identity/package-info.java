// SPDX-License-Identifier: Apache-2.0
/** Who a node is: its key, its certificates and what must outlive the process, in files that only it reads. */
@NullMarked
package io.vpnmesh.node.identity;

import org.jspecify.annotations.NullMarked;
