// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.id.ClusterId;
import io.vpnmesh.core.id.MeshId;
import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Answer of {@code POST /v1/address}: what setup needs to build the interface.
 *
 * @param mesh namespace/name, for people
 * @param addresses this node's overlay addresses
 * @param routes prefixes to route into the tunnel
 * @param mtu bytes; 0 (absent in JSON) means: compute it from the outer interface
 */
public record AddressResponse(
        String mesh,
        MeshId meshId,
        ClusterId clusterId,
        NodeId nodeId,
        List<IpAddress> addresses,
        List<Cidr> routes,
        int mtu) {

    /** IPv6 needs 1280 (RFC 8200 section 5); IPv4 alone could live with less, and gains nothing. */
    public static final int MIN_MTU = 1280;

    public AddressResponse {
        addresses = List.copyOf(addresses);
        routes = List.copyOf(routes);
        if (mtu != 0 && (mtu < MIN_MTU || mtu > 65535)) {
            throw new IllegalArgumentException("mtu " + mtu + " is not in " + MIN_MTU + "..65535");
        }
    }

    public String toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("mesh", mesh);
        fields.put("meshId", meshId);
        fields.put("clusterId", clusterId);
        fields.put("nodeId", nodeId);
        fields.put("addresses", addresses);
        fields.put("routes", routes);
        if (mtu != 0) {
            fields.put("mtu", mtu);
        }
        return Json.write(fields);
    }

    public static AddressResponse parse(String text) throws MalformedException {
        return JsonObject.guarded(
                "address",
                Json.parse(text),
                json -> new AddressResponse(
                        json.text("mesh", ""),
                        json.text("meshId", MeshId::parse),
                        json.text("clusterId", ClusterId::parse),
                        json.text("nodeId", NodeId::parse),
                        json.texts("addresses", IpAddress::parse),
                        json.texts("routes", Cidr::parse),
                        json.has("mtu") ? (int) json.number("mtu", 0, 65535) : 0));
    }
}
