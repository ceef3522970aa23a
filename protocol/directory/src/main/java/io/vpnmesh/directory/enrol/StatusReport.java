// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.directory.enrol;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.core.wire.MalformedException;
import io.vpnmesh.directory.json.Json;
import io.vpnmesh.directory.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Body of {@code POST /v1/status}.
 *
 * @param bootEpoch milliseconds since 1970 at the start of the process
 * @param natType as seen by outside observers; {@code Unknown} with fewer than two
 * @param reflexive this node's addresses as outside observers see them
 * @param goodbye the node leaves: its record can be withdrawn at once
 */
public record StatusReport(
        long bootEpoch,
        List<NodeId> homeRelays,
        String natType,
        List<Endpoint> reflexive,
        List<PeerStatus> peers,
        Map<String, Long> counters,
        boolean goodbye,
        Optional<CommandResult> commandResult) {

    public StatusReport {
        homeRelays = List.copyOf(homeRelays);
        reflexive = List.copyOf(reflexive);
        peers = List.copyOf(peers);
        counters = Map.copyOf(counters);
    }

    public String toJson() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("bootEpoch", bootEpoch);
        fields.put("homeRelays", homeRelays);
        fields.put("natType", natType);
        fields.put("reflexive", reflexive);
        fields.put("peers", peers.stream().map(PeerStatus::toFields).toList());
        fields.put("counters", new TreeMap<>(counters));
        if (goodbye) {
            fields.put("goodbye", true);
        }
        commandResult.ifPresent(result -> fields.put("commandResult", result.toFields()));
        return Json.write(fields);
    }

    public static StatusReport parse(String text) throws MalformedException {
        JsonObject json = Json.parse(text);
        return new StatusReport(
                json.number("bootEpoch", 0, Long.MAX_VALUE),
                json.texts("homeRelays", NodeId::parse),
                json.text("natType", "Unknown"),
                json.texts("reflexive", Endpoint::parse),
                json.objects("peers", PeerStatus::read),
                json.numberMap("counters"),
                json.flag("goodbye"),
                json.has("commandResult")
                        ? Optional.of(CommandResult.read(json.object("commandResult")))
                        : Optional.empty());
    }
}
