// SPDX-License-Identifier: Apache-2.0
/** Real processes in network namespaces: everything that needs root, a kernel and a NAT. */
@NullMarked
package io.vpnmesh.sidecar.lab;

import org.jspecify.annotations.NullMarked;
