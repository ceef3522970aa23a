// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.config;

import io.vpnmesh.core.net.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * What the downward API says about the pod; texts are empty and addresses absent outside Kubernetes.
 *
 * @param ip the pod's address: probes and metrics listen on it, and it is a host candidate
 * @param hostIp the node's address
 */
public record PodInfo(
        @Nullable IpAddress ip,
        @Nullable IpAddress hostIp,
        String name,
        String namespace,
        String uid,
        String serviceAccount) {}
