// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.enrol;

import java.net.HttpURLConnection;

/** A request that is answered with an error. The message is for the person who reads the pod's log: it names the fix. */
final class Refused extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private static final int TOO_MANY_REQUESTS = 429;

    private final int status;
    private final String reason;

    private Refused(int status, String reason, String message) {
        super(message, null, false, false); // hostile requests must be cheap
        this.status = status;
        this.reason = reason;
    }

    static Refused badRequest(String reason, String message) {
        return new Refused(HttpURLConnection.HTTP_BAD_REQUEST, reason, message);
    }

    static Refused unauthorized(String reason, String message) {
        return new Refused(HttpURLConnection.HTTP_UNAUTHORIZED, reason, message);
    }

    static Refused forbidden(String reason, String message) {
        return new Refused(HttpURLConnection.HTTP_FORBIDDEN, reason, message);
    }

    static Refused gone(String reason, String message) {
        return new Refused(HttpURLConnection.HTTP_GONE, reason, message);
    }

    static Refused tooManyRequests(String message) {
        return new Refused(TOO_MANY_REQUESTS, "TooManyRequests", message);
    }

    /** For what will be there later: the client tries again. */
    static Refused unavailable(String reason, String message) {
        return new Refused(HttpURLConnection.HTTP_UNAVAILABLE, reason, message);
    }

    int status() {
        return status;
    }

    String reason() {
        return reason;
    }

    String text() {
        return String.valueOf(getMessage());
    }
}
