// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.transport.tun.TunOffload;

/**
 * What was found by trying.
 *
 * @param tun frames that the pod's interface hands over and takes
 * @param receivesTrains whether the kernel joins datagrams (UDP_GRO)
 * @param sendsTrains whether it takes several at once (UDP_SEGMENT)
 */
public record FastPath(TunOffload tun, boolean receivesTrains, boolean sendsTrains) {}
