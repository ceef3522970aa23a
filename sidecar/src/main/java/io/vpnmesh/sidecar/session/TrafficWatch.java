// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.session;

import io.vpnmesh.core.id.NodeId;
import io.vpnmesh.nat.path.Path;
import io.vpnmesh.nat.relay.RelayClientInput;
import io.vpnmesh.transport.MachineDriver;
import java.util.HashMap;
import java.util.Map;

/** Looks at the packet threads' counters and tells path agents and relays what moved. Conductor only. */
final class TrafficWatch {

    /** While packets flow, a path that goes silent is noticed after 200 ms at best: look a few times in between. */
    private static final long BUSY_LOOK_NS = 50_000_000L;

    private static final long IDLE_LOOK_NS = 500_000_000L;
    private static final int LOOKS_UNTIL_IDLE = 40;

    private final MachineDriver driver;
    private final Peers peers;
    private final RelayLinks relays;
    private final OutsideView outside;
    private int quietLooks;

    TrafficWatch(MachineDriver driver, Peers peers, RelayLinks relays, OutsideView outside) {
        this.driver = driver;
        this.peers = peers;
        this.relays = relays;
        this.outside = outside;
    }

    void start() {
        driver.after(BUSY_LOOK_NS, this::look);
    }

    private void look() {
        try {
            lookOnce();
        } finally {
            driver.after(quietLooks < LOOKS_UNTIL_IDLE ? BUSY_LOOK_NS : IDLE_LOOK_NS, this::look);
        }
    }

    private void lookOnce() {
        boolean flows = false;
        boolean relayed = false;
        for (PeerSession session : peers.all()) {
            PeerPaths.Movement movement = session.tellTraffic();
            if (movement != PeerPaths.Movement.NONE) {
                flows = true;
                relayed |= session.path().orElse(null) instanceof Path.Relayed;
            }
            if (session.pulse().stopped(movement == PeerPaths.Movement.INBOUND, driver.nowNs())) {
                relays.checkHomes(); // if our NAT has forgotten us, nobody can tell us
            }
        }
        if (flows) {
            tellRelays();
        }
        quietLooks = flows ? 0 : Math.min(quietLooks + 1, LOOKS_UNTIL_IDLE);
        if (quietLooks == 0 || quietLooks == LOOKS_UNTIL_IDLE) {
            outside.busy(relayed);
        }
    }

    private void tellRelays() {
        Map<NodeId, long[]> sums = new HashMap<>();
        for (PeerSession session : peers.all()) {
            session.paths().addRelayed(sums);
        }
        sums.forEach((relay, sum) -> relays.find(relay)
                .ifPresent(link -> relays.tell(link, new RelayClientInput.TrafficSeen(sum[0], sum[1]))));
    }
}
