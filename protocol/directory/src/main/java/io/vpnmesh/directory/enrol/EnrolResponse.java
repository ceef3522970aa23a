// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.NodeIdentity;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node's new certificate and all that stands above it.
 *
 * @param certificatePem the leaf
 * @param intermediatePem the full one, for own peers
 * @param foreignIntermediatePem the same key without IP constraint, for foreign peers
 * @param rootsPem one certificate each
 * @param renewAfter when to ask for the next one
 */
public record EnrolResponse(
        NodeId nodeId,
        long generation,
        String certificatePem,
        String intermediatePem,
        String foreignIntermediatePem,
        List<String> rootsPem,
        Instant notAfter,
        Instant renewAfter) {

    public EnrolResponse {
        rootsPem = List.copyOf(rootsPem);
    }

    public String toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("nodeId", nodeId);
        fields.put("generation", generation);
        fields.put("certificate", certificatePem);
        fields.put("intermediate", intermediatePem);
        fields.put("foreignIntermediate", foreignIntermediatePem);
        fields.put("roots", rootsPem);
        fields.put("notAfter", notAfter);
        fields.put("renewAfter", renewAfter);
        return Json.write(fields);
    }

    public static EnrolResponse parse(String text) throws MalformedException {
        JsonObject json = Json.parse(text);
        return new EnrolResponse(
                json.text("nodeId", NodeId::parse),
                json.number("generation", 0, NodeIdentity.MAX_GENERATION),
                json.text("certificate"),
                json.text("intermediate"),
                json.text("foreignIntermediate"),
                json.texts("roots"),
                json.time("notAfter"),
                json.time("renewAfter"));
    }
}
