// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.ca;

/** Names of the Secrets that hold a mesh's keys, all in the VpnMesh's namespace; and the keys in them. */
public final class SecretNames {

    static final String MESH_ID = "mesh-id";
    static final String ROOT_KEY = "root.key";
    static final String ROOT_CERTIFICATE = "root.crt";
    static final String CLUSTER_ID = "cluster-id";
    static final String PREFIXES = "prefixes";
    static final String PARAMETERS = "parameters.json";
    static final String INTERMEDIATE_KEY = "intermediate.key";
    static final String INTERMEDIATE_CERTIFICATE = "intermediate.crt";
    static final String FOREIGN_CERTIFICATE = "intermediate-foreign.crt";
    static final String DIRECTORY_KEY = "directory.key";
    static final String TICKET_KEY = "key";

    private SecretNames() {}

    /** The mesh id and the root; the root's key only in the founding cluster. */
    public static String root(String mesh) {
        return mesh + "-root";
    }

    /** This cluster's id, prefixes, intermediate and directory key. */
    public static String cluster(String mesh) {
        return mesh + "-cluster";
    }
}
