// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

/** Where finished frames go. */
@FunctionalInterface
public interface FrameSink {

    /**
     * Takes a frame before it returns; the array is used again afterwards.
     * Shape: {@code virtio_net_hdr 10 | IP packet} at {@code at}
     *
     * @param length bytes of the IP packet
     * @param segments packets that were joined in it; 1 for a packet as it came
     */
    void frame(byte[] buffer, int at, int length, int segments);
}
