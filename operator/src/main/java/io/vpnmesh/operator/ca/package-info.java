// SPDX-License-Identifier: Apache-2.0
/** The mesh's certificate authority in this cluster: ids and keys in Secrets, made once and never again. */
@NullMarked
package io.vpnmesh.operator.ca;

import org.jspecify.annotations.NullMarked;
