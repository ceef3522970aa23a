// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.ipsec;

import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.ipsec.esp.EspOpener;
import io.vpnmesh.ipsec.esp.EspSealer;
import io.vpnmesh.ipsec.sa.SaLifetime;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.util.List;

/** Both ends of one Child SA as the mesh makes it: ESN, a replay window of 8192, one selector each side. */
public final class EspPair {

    private static final int SPI = 0x9000_0001;
    private static final IpAddress FROM = IpAddress.parse("10.77.0.1");
    private static final IpAddress TO = IpAddress.parse("10.77.0.2");
    private static final int HEADERS = 28;

    public final EspSealer sealer;
    public final EspOpener opener;

    public EspPair(Aead sealing, Aead opening) {
        SecretBytes salt = SecretBytes.owning(new byte[4]);
        SelectorSet selectors = new SelectorSet(
                List.of(TrafficSelector.of(Cidr.host(FROM))), List.of(TrafficSelector.of(Cidr.host(TO))));
        sealer = new EspSealer(SPI, sealing, salt, true, SaLifetime.DEFAULT);
        opener = new EspOpener(SPI, opening, salt, true, selectors, EspOpener.DEFAULT_WINDOW);
    }

    /** An inner packet of this many bytes. */
    public static byte[] packet(int length) {
        return packet(length, FROM, TO);
    }

    static byte[] packet(int length, IpAddress from, IpAddress to) {
        return UdpPacket.build(from, 1000, to, 2000, new byte[length - HEADERS]);
    }
}
