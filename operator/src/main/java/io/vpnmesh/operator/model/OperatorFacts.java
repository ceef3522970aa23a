// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.model;

/**
 * What pods need to know of the operator.
 *
 * @param url by ClusterIP, so that it works under any dnsPolicy
 * @param tlsName checked against the certificate instead of the address
 * @param anchors PEM bundle that the certificate is checked with
 * @param pullPolicy of both images
 */
public record OperatorFacts(
        String url, String tlsName, String anchors, String sidecarImage, String relayImage, String pullPolicy) {}
