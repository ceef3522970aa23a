// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a sidecar says of itself on its status page, read through the API server's pod proxy.
@JsonIgnoreProperties(ignoreUnknown = true)
public record SidecarStatus(
        @Nullable String nodeId,
        @Nullable String natType,
        @Nullable List<Peer> peers,
        @Nullable Crypto crypto) {
    public static final int HEALTH_PORT = 29901;
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Who seals packets, and why nobody faster does.
    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Crypto(
            @Nullable String aead,
            @Nullable String version,
            @Nullable List<String> refused) {}

    @JsonIgnoreProperties(ignoreUnknown = true)
    public record Peer(
            @Nullable String node,
            @Nullable String cluster,
            @Nullable String name,
            @Nullable String address,
            @Nullable String path,
            @Nullable String via,
            @Nullable String reason,
            double rttMs) {
        public boolean isDirect() {
            return "direct".equals(path);
        }

        public boolean isRelayed() {
            return "relayed".equals(path);
        }
    }

    /// Empty while the sidecar does not answer.
    public static Optional<SidecarStatus> of(KubernetesClient client, String namespace, String pod) {
        try {
            String page =
                    client.raw("/api/v1/namespaces/%s/pods/%s:%d/proxy/status".formatted(namespace, pod, HEALTH_PORT));
            return page == null ? Optional.empty() : Optional.of(JSON.readValue(page, SidecarStatus.class));
        } catch (KubernetesClientException | JsonProcessingException _) {
            return Optional.empty();
        }
    }

    /// The peer that owns an overlay address.
    public Optional<Peer> peer(String address) {
        return peers == null
                ? Optional.empty()
                : peers.stream().filter(peer -> address.equals(peer.address())).findFirst();
    }
}
