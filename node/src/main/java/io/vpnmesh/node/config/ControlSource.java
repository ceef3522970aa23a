// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.config;

import java.net.URI;
import java.nio.file.Path;

/** Where identity and knowledge of the mesh come from. */
public sealed interface ControlSource {

    /**
     * The operator's HTTPS, inside Kubernetes.
     *
     * @param url {@code https://ADDRESS[:PORT]}
     * @param tlsName the DNS name that its certificate carries; independent of how it is reached
     * @param tokenFile the projected service account token, read again each time
     * @param caFile PEM anchors of the operator's own TLS, read again each time
     */
    record Operator(URI url, String tlsName, Path tokenFile, Path caFile) implements ControlSource {}

    /**
     * Files, outside Kubernetes.
     *
     * @param identityDir key.pem, chain.pem (leaf, intermediate), roots.pem
     * @param feedFile the feed as JSON lines; watched
     */
    record Files(Path identityDir, Path feedFile) implements ControlSource {}
}
