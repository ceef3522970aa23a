// SPDX-License-Identifier: Apache-2.0

/// The lab's internet: sites behind NATs whose behaviour can be switched while everything runs, and a stock STUN
/// server.
///
/// ```
///  site a                                   internet                                 site b
///  node 10.1.0.2 ── lan  NAT  wan ──── routes, STUN 192.0.2.10+11 ──── wan  NAT  lan ── node 10.1.0.2
/// ```
@NullMarked
package io.vpnmesh.e2e.net;

import org.jspecify.annotations.NullMarked;
