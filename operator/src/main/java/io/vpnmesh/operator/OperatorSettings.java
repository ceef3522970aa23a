// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;
import java.util.Optional;

/**
 * The operator's configuration; every key is also an environment variable ({@code vpnmesh.images.sidecar} is {@code
 * VPNMESH_IMAGES_SIDECAR}). The chart sets them.
 */
@ConfigMapping(prefix = "vpnmesh")
public interface OperatorSettings {

    /** Namespace that the operator runs in: its Service, its TLS Secret and its Lease are there. */
    @WithDefault("vpnmesh-system")
    String namespace();

    /** Name of the operator's Service; pods reach enrolment and the feed through it. */
    @WithDefault("vpnmesh-operator")
    String serviceName();

    /** URL that sidecars use; made of the Service's ClusterIP unless set. */
    Optional<String> operatorUrl();

    /** Name of the MutatingWebhookConfiguration whose caBundle the operator keeps. */
    @WithDefault("vpnmesh-operator")
    String webhookConfiguration();

    /** A short name of this cluster for people, a DNS label; made of the cluster id unless set. */
    Optional<String> clusterName();

    /** Name of this replica in the lease. */
    @WithDefault("${HOSTNAME:vpnmesh-operator}")
    String podName();

    Images images();

    Tls tls();

    LeaderElection leaderElection();

    /** Images that the operator puts into pods. */
    interface Images {

        @WithDefault("vpnmesh-sidecar:0.1.0")
        String sidecar();

        @WithDefault("vpnmesh-relay:0.1.0")
        String relay();

        /** Always, IfNotPresent or Never. */
        @WithDefault("IfNotPresent")
        String pullPolicy();
    }

    /** The operator's own certificate. */
    interface Tls {

        /** DNS names and IP addresses beside those of the Service, for access through a forwarded port. */
        Optional<List<String>> extraNames();
    }

    /** Which replica reconciles. */
    interface LeaderElection {

        @WithDefault("true")
        boolean enabled();
    }
}
