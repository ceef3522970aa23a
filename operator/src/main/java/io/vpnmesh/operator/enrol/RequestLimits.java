// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import jakarta.enterprise.context.ApplicationScoped;

/**
 * How often whom may ask. Keys that a stranger can choose are limited before the API server is asked anything; those of
 * pods and namespaces only after the token was checked, so that nobody uses up another one's share.
 */
@ApplicationScoped
class RequestLimits {

    private static final int KEYS = 20_000;

    /** Many pods may stand behind one translated address. */
    private final RateLimiter addresses = new RateLimiter(200, 1000, KEYS);

    /** Setup, enrolment and a few retries; a pod that is restarted in a loop asks once every few seconds. */
    private final RateLimiter pods = new RateLimiter(1, 20, KEYS);

    private final RateLimiter namespaces = new RateLimiter(100, 1000, KEYS);
    private final RateLimiter reports = new RateLimiter(2, 20, KEYS);

    /** Errors: Refused. */
    void takeForAddress(String remoteAddress) {
        take(addresses, remoteAddress, "requests from " + remoteAddress);
    }

    /** Errors: Refused. */
    void takeForPod(TokenPod pod) {
        take(pods, pod.uid(), "requests of pod " + pod.namespace() + "/" + pod.name());
        take(namespaces, pod.namespace(), "requests of namespace " + pod.namespace());
    }

    /** For requests with a mesh certificate. Errors: Refused. */
    void takeForNode(String nodeId) {
        take(reports, nodeId, "requests of node " + nodeId);
    }

    private static void take(RateLimiter limiter, String key, String what) {
        if (!limiter.tryTake(key, System.nanoTime())) {
            throw Refused.tooManyRequests("too many " + what + ": wait a few seconds before trying again");
        }
    }
}
