// SPDX-License-Identifier: Apache-2.0
/** A seeded world for tests: hosts, links, NATs and machines that step from deadline to deadline. Never shipped. */
@NullMarked
package io.vpnmesh.testkit;

import org.jspecify.annotations.NullMarked;
