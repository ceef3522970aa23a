// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.transport.setup;

/**
 * A network interface as the kernel lists it.
 *
 * @param mtu bytes of one IP packet
 */
public record Link(int index, String name, int mtu, boolean up) {}
