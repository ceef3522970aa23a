// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

/** Every address that the cluster may hand out is held or in quarantine. */
public final class AddressesExhaustedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public AddressesExhaustedException(AddressSpace space) {
        super("no free address in " + space.prefixes() + " of mesh " + space.mesh()
                + ": remove pods (an address is free 5 minutes after its pod), or use a mesh with a larger share for"
                + " each cluster (a smaller spec.addressing.clusterPrefixLength)");
    }
}
