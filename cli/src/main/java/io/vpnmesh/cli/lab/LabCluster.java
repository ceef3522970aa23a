// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.cli.lab;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code clusters/NAME/cluster.json}. */
record LabCluster(String name, ClusterId id, List<Cidr> prefixes) {

    String toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("name", name);
        fields.put("clusterId", id);
        fields.put("prefixes", prefixes);
        return Json.write(fields);
    }

    static LabCluster parse(String text) throws MalformedException {
        JsonObject json = Json.parse(text);
        return new LabCluster(
                json.text("name"), json.text("clusterId", ClusterId::parse), json.texts("prefixes", Cidr::parse));
    }
}
