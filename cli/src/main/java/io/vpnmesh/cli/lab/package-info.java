// SPDX-License-Identifier: Apache-2.0
/** Meshes without Kubernetes: an authority, identities and feeds as files. */
@NullMarked
package io.vpnmesh.cli.lab;

import org.jspecify.annotations.NullMarked;
