// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.mesh;

/** Annotations and labels that people and the operator write. */
public final class Marks {

    /** Annotation (and, without a namespace, label) that asks for a mesh: {@code [namespace/]name}, or {@code none}. */
    public static final String MESH = "vpnmesh.io/mesh";
    /** Label beside the label {@link #MESH}: a label's value holds no slash. */
    public static final String MESH_NAMESPACE = "vpnmesh.io/mesh-namespace";
    /** Value of {@link #MESH} that opts out. */
    public static final String NONE = "none";

    /** Annotation: {@code wait} or {@code background}. */
    public static final String STARTUP = "vpnmesh.io/startup";
    /** Annotation: MTU of the overlay interface in bytes. */
    public static final String MTU = "vpnmesh.io/mtu";
    /** Annotation: ports that other members may open beside those that containers declare, {@code 80/tcp,53/udp}. */
    public static final String INBOUND_PORTS = "vpnmesh.io/inbound-ports";

    /** Annotation written back: what was injected, as JSON. */
    public static final String STATUS = "vpnmesh.io/status";
    /** Label of pods that the webhook changed; informers select by it. */
    public static final String INJECTED = "vpnmesh.io/injected";
    /** Name of the native sidecar in an injected pod. */
    public static final String SIDECAR_CONTAINER = "vpnmesh";
    /** Name of the init container in an injected pod. */
    public static final String SETUP_CONTAINER = "vpnmesh-setup";
    /** Label of relay pods, Services and StatefulSets: the VpnMesh's name. */
    public static final String RELAY = "vpnmesh.io/relay";

    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    /** Value of {@link #MANAGED_BY}, and the field manager of server-side apply. */
    public static final String OPERATOR = "vpnmesh-operator";

    /** Audience of the tokens that pods present to the operator. */
    public static final String AUDIENCE = "vpnmesh.io";
    /** ConfigMap in every participating namespace, with the operator's TLS anchor in the key {@link #CA_KEY}. */
    public static final String CA_CONFIG_MAP = "vpnmesh-ca";

    public static final String CA_KEY = "ca.crt";

    private Marks() {}
}
