// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;

/** What an answer of the API server means for the person at the terminal. */
final class ApiErrors {

    private ApiErrors() {}

    static String explain(KubernetesClientException error) {
        String said = error.getStatus() != null && error.getStatus().getMessage() != null
                ? error.getStatus().getMessage()
                : String.valueOf(error.getMessage());
        return switch (error.getCode()) {
            case 401 -> "the API server does not know you (401): log in again, or choose another --context. " + said;
            case 403 ->
                "you are not allowed to do this: " + said
                        + ". Ask for a role with these verbs, or give -n NAMESPACE where you have one";
            case 404 ->
                "not found: " + said
                        + ". If the kind itself is unknown, install vpnmesh in this cluster first"
                        + " (helm install vpnmesh charts/vpnmesh --namespace vpnmesh-system --create-namespace)";
            case 409 -> "it exists already, or somebody changed it meanwhile: " + said;
            case 422 -> said;
            default ->
                isUnreachable(error)
                        ? "the API server cannot be reached: " + deepest(error)
                                + ". Check KUBECONFIG, --context and that the cluster runs (kubectl version)"
                        : said;
        };
    }

    private static boolean isUnreachable(Throwable error) {
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            if (cause instanceof IOException) {
                return true;
            }
        }
        return false;
    }

    private static String deepest(Throwable error) {
        Throwable cause = error;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getClass().getSimpleName() + (cause.getMessage() == null ? "" : ": " + cause.getMessage());
    }
}
