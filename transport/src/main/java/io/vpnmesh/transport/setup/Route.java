// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import io.vpnmesh.core.net.Cidr;

/**
 * A unicast route of the main table.
 *
 * @param linkIndex the outgoing interface, or 0 when the route has several or none
 */
public record Route(Cidr destination, int linkIndex) {}
