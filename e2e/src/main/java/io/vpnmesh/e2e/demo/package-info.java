// SPDX-License-Identifier: Apache-2.0
/// The main job on real parts: two clusters behind NAT become one overlay. The demo shows it, the end-to-end tests
/// check it.
@NullMarked
package io.vpnmesh.e2e.demo;

import org.jspecify.annotations.NullMarked;
