// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The answer to a command of the feed.
 *
 * @param id of the command
 * @param output what the person asked for
 * @param error why there is none; empty on success
 */
public record CommandResult(String id, String output, String error) {

    Map<String, Object> toFields() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("id", id);
        fields.put("output", output);
        fields.put("error", error);
        return fields;
    }

    static CommandResult read(JsonObject json) throws MalformedException {
        return new CommandResult(json.text("id"), json.text("output", ""), json.text("error", ""));
    }
}
