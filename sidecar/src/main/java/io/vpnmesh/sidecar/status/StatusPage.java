// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.status;

import io.vpnmesh.directory.json.Json;
import io.vpnmesh.sidecar.data.DataPlane;
import io.vpnmesh.sidecar.data.TrainStage;
import io.vpnmesh.sidecar.session.NodeView;
import io.vpnmesh.transport.crypto.AeadChoice;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The page {@code /status} as JSON. */
final class StatusPage {

    private static final double TENTHS = 10.0;

    private StatusPage() {}

    static String json(NodeView view, @Nullable DataPlane data, AeadChoice aead) {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("nodeId", view.node());
        page.put("mesh", view.mesh());
        page.put("addresses", view.addresses());
        page.put("natType", view.natType());
        page.put("reflexive", view.reflexive());
        page.put("known", view.known());
        page.put("relays", view.relays().stream().map(StatusPage::relay).toList());
        page.put("peers", peers(view));
        if (data != null) {
            page.put("fastPath", fastPath(data));
        }
        page.put("crypto", crypto(aead));
        return Json.write(page);
    }

    private static Map<String, Object> crypto(AeadChoice aead) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("aead", aead.engine().name());
        fields.put("version", aead.engine().version());
        fields.put("refused", aead.refused());
        return fields;
    }

    private static Map<String, Object> fastPath(DataPlane data) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("tun", data.fastPath().tun().text());
        fields.put("receivesTrains", data.fastPath().receivesTrains());
        fields.put("sendsTrains", data.fastPath().sendsTrains());
        Map<String, Object> means = new LinkedHashMap<>();
        for (TrainStage stage : TrainStage.values()) {
            long trains = data.trains().trains(stage);
            means.put(
                    stage.label(),
                    rounded(trains == 0 ? 0 : (double) data.trains().packets(stage) / trains));
        }
        fields.put("meanTrain", means);
        return fields;
    }

    private static Map<String, Object> relay(NodeView.RelayView relay) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", relay.node());
        fields.put("name", relay.name());
        fields.put("endpoint", relay.endpoint());
        fields.put("home", relay.home());
        fields.put("attached", relay.forwards());
        fields.put("rttMs", rounded(relay.rttMs()));
        return fields;
    }

    private static List<Map<String, Object>> peers(NodeView view) {
        return view.peers().stream().map(StatusPage::peer).toList();
    }

    private static Map<String, Object> peer(NodeView.PeerView peer) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("node", peer.status().node());
        fields.put("cluster", peer.cluster());
        fields.put("name", peer.name());
        fields.put("address", peer.address());
        fields.put("path", peer.status().path().text());
        fields.put("via", peer.via());
        fields.put("reason", peer.status().reason());
        if (peer.status().rttMs() >= 0) {
            fields.put("rttMs", rounded(peer.status().rttMs()));
        }
        fields.put("rxBytes", peer.rxBytes());
        fields.put("txBytes", peer.txBytes());
        return fields;
    }

    private static double rounded(double value) {
        return Math.round(value * TENTHS) / TENTHS;
    }
}
