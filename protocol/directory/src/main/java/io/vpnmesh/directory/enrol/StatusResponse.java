// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import java.util.Map;

/** Answer of {@code POST /v1/status}: says nothing yet, and may say more later. */
public record StatusResponse() {

    public String toJson() {
        return Json.write(Map.of());
    }

    public static StatusResponse parse(String text) throws MalformedException {
        Json.parse(text);
        return new StatusResponse();
    }
}
