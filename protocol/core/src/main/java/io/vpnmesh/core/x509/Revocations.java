// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.core.x509;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.NodeId;
import java.math.BigInteger;

/** What the revocation lists and the admins say; asked at every verification. */
public interface Revocations {

    Revocations NONE = new Revocations() {
        @Override
        public boolean isClusterRevoked(ClusterId cluster) {
            return false;
        }

        @Override
        public boolean isNodeRevoked(ClusterId cluster, NodeId node, long generation) {
            return false;
        }

        @Override
        public boolean isSerialRevoked(ClusterId cluster, BigInteger serial) {
            return false;
        }
    };

    boolean isClusterRevoked(ClusterId cluster);

    boolean isNodeRevoked(ClusterId cluster, NodeId node, long generation);

    boolean isSerialRevoked(ClusterId cluster, BigInteger serial);
}
