// SPDX-License-Identifier: Apache-2.0
/** The two ways to be told about the mesh: the operator's HTTPS, or files on disk. */
@NullMarked
package io.vpnmesh.node.control;

import org.jspecify.annotations.NullMarked;
