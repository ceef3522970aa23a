// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import java.util.Map;

/**
 * Body of {@code POST /v1/enroll} and {@code POST /v1/renew}.
 *
 * @param csrPem PKCS #10
 */
public record EnrolRequest(String csrPem) {

    public String toJson() {
        return Json.write(Map.of("csr", csrPem));
    }

    public static EnrolRequest parse(String text) throws MalformedException {
        return new EnrolRequest(Json.parse(text).text("csr"));
    }
}
