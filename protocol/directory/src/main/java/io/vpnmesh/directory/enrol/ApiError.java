// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The body of every answer that is not 2xx.
 *
 * @param code the HTTP status
 * @param reason CamelCase, for programs
 * @param message for people; names the fix
 */
public record ApiError(int code, String reason, String message) {

    public String toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("code", code);
        fields.put("reason", reason);
        fields.put("message", message);
        return Json.write(fields);
    }

    public static ApiError parse(String text) throws MalformedException {
        JsonObject json = Json.parse(text);
        return new ApiError((int) json.number("code", 100, 599), json.text("reason", ""), json.text("message", ""));
    }
}
