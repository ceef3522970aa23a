// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

/** A kubeconfig with one context. */
final class TestKubeconfig {

    private TestKubeconfig() {}

    static String text(String server, String token, String caFile) {
        return """
                apiVersion: v1
                kind: Config
                current-context: test
                clusters: [{name: test, cluster: {server: "%s"%s}}]
                users: [{name: test, user: {token: "%s"}}]
                contexts: [{name: test, context: {cluster: test, user: test}}]
                """.formatted(server, caFile.isEmpty() ? "" : ", certificate-authority: \"" + caFile + "\"", token);
    }
}
