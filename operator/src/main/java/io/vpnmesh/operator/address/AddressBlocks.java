// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.address;

import io.vpnmesh.crds.VpnAddressBlock;
import io.vpnmesh.operator.mesh.MeshRef;
import java.util.List;
import java.util.Optional;

/** The few things that allocation needs of the API server. Errors: KubernetesClientException from every method. */
public interface AddressBlocks {

    /** The blocks of a mesh, read live. */
    List<VpnAddressBlock> list(MeshRef mesh);

    /** Creates an empty block; empty when one of this name exists. */
    Optional<VpnAddressBlock> create(VpnAddressBlock block);

    /** Replaces the status of exactly the version that was read; empty when somebody was faster or it is gone. */
    Optional<VpnAddressBlock> replaceStatus(VpnAddressBlock block);
}
