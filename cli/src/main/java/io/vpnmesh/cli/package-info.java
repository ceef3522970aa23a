// SPDX-License-Identifier: Apache-2.0
/** {@code kubectl vpnmesh}: what a person does with a mesh beside {@code kubectl apply}. */
@NullMarked
package io.vpnmesh.cli;

import org.jspecify.annotations.NullMarked;
