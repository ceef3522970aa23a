// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import java.util.Locale;

/** Where packets travel together. */
public enum TrainStage {
    /** Frames from the pod. */
    TUN_READ,
    /** Datagrams handed to the kernel as one message. */
    UDP_SEND,
    /** Datagrams that the kernel handed over as one message. */
    UDP_RECEIVE,
    /** Frames to the pod. */
    TUN_WRITE;

    /** For labels. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
