// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.webhook;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.VersionInfo;
import jakarta.enterprise.context.ApplicationScoped;

/** The API server's version; asked again every ten minutes, because clusters are upgraded under a running operator. */
@ApplicationScoped
public class ServerVersion {

    private static final long KEPT_MILLIS = 600_000;

    private final KubernetesClient client;
    private volatile Known known = new Known(0, 0);

    private record Known(int minor, long untilMillis) {}

    public ServerVersion(KubernetesClient client) {
        this.client = client;
    }

    /** For example 36. Errors: KubernetesClientException when it was never known. */
    public int minor() {
        Known now = known;
        long millis = System.currentTimeMillis();
        if (millis < now.untilMillis()) {
            return now.minor();
        }
        VersionInfo version = client.getKubernetesVersion();
        int minor = version == null ? now.minor() : parse(version);
        known = new Known(minor, millis + KEPT_MILLIS);
        return minor;
    }

    /** Providers write {@code 29+}; a major version beyond 1 has everything. */
    static int parse(VersionInfo version) {
        if (!"1".equals(version.getMajor())) {
            return Integer.MAX_VALUE;
        }
        return Integer.parseInt(version.getMinor().replaceAll("[^0-9].*", ""));
    }
}
