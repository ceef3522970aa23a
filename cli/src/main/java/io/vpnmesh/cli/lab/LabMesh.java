// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.core.x509.SuiteName;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code mesh.json}: what holds for the whole mesh. */
record LabMesh(String name, MeshId id, SuiteName suite, List<Cidr> prefixes, List<String> stunServers) {

    String toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("meshId", id);
        fields.put("suite", suite.text());
        fields.put("prefixes", prefixes);
        fields.put("stunServers", stunServers);
        return Json.write(fields);
    }

    static LabMesh parse(String text) throws MalformedException {
        JsonObject json = Json.parse(text);
        return new LabMesh(
                json.text("name"),
                json.text("meshId", MeshId::parse),
                json.text("suite", SuiteName::parse),
                json.texts("prefixes", Cidr::parse),
                json.texts("stunServers"));
    }
}
