// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Run;

/** Who can take part, by name. */
final class Contenders {

    static final int PEERS = 32;

    /** With the peer that exists it makes a thousand. */
    private static final int ABSENT = 999;

    private final ImageBundle sidecar;
    private final ImageBundle relay;

    /** Unpacks the images. */
    Contenders(Run run) {
        this.sidecar = ImageBundle.unpack("vpnmesh-sidecar", run.folder("image-sidecar"));
        this.relay = ImageBundle.unpack("vpnmesh-relay", run.folder("image-relay"));
    }

    ImageBundle sidecar() {
        return sidecar;
    }

    ImageBundle relay() {
        return relay;
    }

    /** @param ground made ready for it: some want more of it than it offers by itself */
    Contender of(String name, Ground ground) {
        return switch (name) {
            case Bar.MB -> new SidecarContender("ipsec-mb", sidecar, relay);
            case Bar.MB_THOUSAND -> new SidecarContender(name, "ipsec-mb", ABSENT, sidecar, relay);
            case Bar.JDK -> new SidecarContender("jdk", sidecar, relay);
            case Bar.VETH -> ScriptContender.of(name, "veth");
            case Bar.C -> {
                // Ours switches it on by its set-up: the limit has to have the same.
                ground.joinArrivingPackets();
                yield ScriptContender.of(name, "c");
            }
            case Bar.WIREGUARD -> ScriptContender.of(name, "wireguard");
            case Bar.WIREGUARD_JOINED -> {
                ground.joinArrivingPackets();
                yield ScriptContender.of(name, "wireguard");
            }
            case Bar.WIREGUARD_DEBIAN -> ScriptContender.of(name, "wireguard-debian");
            case Bar.NEBULA -> ScriptContender.of(name, "nebula");
            case Bar.NEBULA_OLD -> ScriptContender.of(name, "nebula-1.9");
            case Bar.OPENVPN -> ScriptContender.of(name, "openvpn");
            case Bar.STRONGSWAN -> ScriptContender.of(name, "strongswan");
            default -> throw new LabException("no contender " + name);
        };
    }

    /** Who forwards between two others. */
    Relays relays(Run run) {
        return new Relays(run, new SidecarContender("ipsec-mb", sidecar, relay));
    }

    /** One host that talks to {@link #PEERS} others. */
    Contender starOf(String name) {
        return switch (name) {
            case Bar.MB -> new SidecarStar(new SidecarContender("ipsec-mb", sidecar, relay), PEERS);
            case Bar.NEBULA -> ScriptContender.star(name, "nebula", PEERS);
            case Bar.NEBULA_OLD -> ScriptContender.star(name, "nebula-1.9", PEERS);
            default -> throw new LabException("no contender with many peers: " + name);
        };
    }
}
