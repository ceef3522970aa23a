// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.crds;

/** Types of conditions, and the reasons that other parts and documents refer to. */
public final class Conditions {

    /** Everything that the mesh needs works. */
    public static final String READY = "Ready";
    /** Pods can join: keys are there and at least one relay is. */
    public static final String AVAILABLE = "Available";

    public static final String RELAYS_READY = "RelaysReady";
    public static final String DIRECTORY_CONNECTED = "DirectoryConnected";
    public static final String KEYS_VALID = "KeysValid";
    /** Some pod runs with a range, route or image that is not the current one. */
    public static final String RESTART_REQUIRED = "RestartRequired";
    /** Somebody outside the cluster tells pods their public address; without, they stay relayed. */
    public static final String OUTSIDE_OBSERVER = "OutsideObserver";

    /** On a pod: its sidecar reports a way into the mesh; usable as a readiness gate. */
    public static final String POD_CONNECTED = "vpnmesh.io/Connected";

    /** A known mesh without its root Secret: a root is never made again over an existing mesh. */
    public static final String ROOT_MISSING = "RootMissing";

    private Conditions() {}
}
