// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

import io.vpnmesh.core.net.IpAddress;

/** An address of an interface. */
public record LinkAddress(int linkIndex, IpAddress address, int prefixLength) {}
