// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.node.control;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.enrol.AddressResponse;
import io.vpnmesh.directory.enrol.EnrolRequest;
import io.vpnmesh.directory.enrol.EnrolResponse;
import io.vpnmesh.directory.enrol.StatusReport;
import io.vpnmesh.directory.enrol.StatusResponse;
import io.vpnmesh.node.config.ControlSource;
import io.vpnmesh.node.identity.NodeCredentials;
import java.io.IOException;
import java.time.InstantSource;

/**
 * The operator's questions and answers. Each call blocks for 20 seconds at most and does not repeat itself.
 * Errors: OperatorException when the operator refuses; IOException when it cannot be reached or makes no sense.
 */
public final class EnrolmentClient {

    private interface Parser<T> {
        T parse(String text) throws MalformedException;
    }

    private final OperatorHttps https;

    public EnrolmentClient(ControlSource.Operator source, InstantSource clock) {
        https = new OperatorHttps(source, clock);
    }

    /** {@code POST /v1/address} with the token. */
    public AddressResponse address() throws IOException {
        return parsed(https.postWithToken("/v1/address", "{}"), AddressResponse::parse);
    }

    /** {@code POST /v1/enroll} with the token. */
    public EnrolResponse enrol(EnrolRequest request) throws IOException {
        return parsed(https.postWithToken("/v1/enroll", request.toJson()), EnrolResponse::parse);
    }

    /** {@code POST /v1/renew} with the certificate that runs out. */
    public EnrolResponse renew(EnrolRequest request, NodeCredentials credentials) throws IOException {
        return parsed(https.post("/v1/renew", request.toJson(), credentials), EnrolResponse::parse);
    }

    /** {@code POST /v1/status} with the certificate. */
    public StatusResponse report(StatusReport report, NodeCredentials credentials) throws IOException {
        return parsed(https.post("/v1/status", report.toJson(), credentials), StatusResponse::parse);
    }

    private static <T> T parsed(String text, Parser<T> parser) throws IOException {
        try {
            return parser.parse(text);
        } catch (MalformedException e) {
            throw new IOException("the operator's answer is not what it should be: " + e.getMessage(), e);
        }
    }
}
