// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.cluster;

import io.vpnmesh.e2e.net.Site;
import io.vpnmesh.e2e.run.Machine;
import io.vpnmesh.e2e.run.Run;
import java.util.Optional;

/// Provider of [LabNode]s.
final class LabNodes implements ClusterProvider {
    @Override
    public String name() {
        return "lab node";
    }

    @Override
    public Optional<String> obstacle() {
        return Machine.obstacle().or(Tools::obstacle);
    }

    @Override
    public Cluster start(Run run, Site site) {
        return LabNode.start(run, site, Tools.located());
    }
}
