// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.setup;

import static org.assertj.core.api.Assertions.assertThat;

import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.transport.setup.Link;
import io.vpnmesh.transport.setup.LinkAddress;
import io.vpnmesh.transport.setup.NetworkView;
import io.vpnmesh.transport.setup.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodWorldTest {

    private static final Link LO = new Link(1, "lo", 65536, true);
    private static final Link ETH0 = new Link(2, "eth0", 1450, true);
    private static final Link MESH0 = new Link(3, "mesh0", 1388, true);

    @TempDir
    private Path folder;

    private static NetworkView view() {
        return new NetworkView(
                List.of(LO, ETH0, MESH0),
                List.of(
                        new LinkAddress(1, IpAddress.parse("127.0.0.1"), 8),
                        new LinkAddress(2, IpAddress.parse("10.244.1.7"), 24),
                        new LinkAddress(2, IpAddress.parse("fe80::7"), 64),
                        new LinkAddress(3, IpAddress.parse("198.18.0.5"), 32)),
                List.of(
                        new Route(Cidr.parse("0.0.0.0/0"), 2),
                        new Route(Cidr.parse("10.244.1.0/24"), 2),
                        new Route(Cidr.parse("172.20.0.0/14"), 2),
                        new Route(Cidr.parse("198.18.0.0/16"), 3)));
    }

    private List<String> collisions(String mesh) throws IOException {
        Path resolv = folder.resolve("resolv.conf");
        Files.writeString(resolv, "search svc\nnameserver 10.96.0.10\noptions ndots:5\n");
        return PodWorld.read(
                        view(),
                        "mesh0",
                        Map.of("the node's address", IpAddress.parse("192.168.7.3")),
                        resolv,
                        Map.of("KUBERNETES_SERVICE_HOST", "10.96.0.1"))
                .collisions(List.of(Cidr.parse(mesh)));
    }

    @Test
    void aFreeRangeCollidesWithNothingNotEvenAnEarlierSetup() throws IOException {
        assertThat(collisions("198.18.0.0/16")).isEmpty();
        assertThat(collisions("fd00::/48")).isEmpty();
    }

    @Test
    void eachThingThePodNeedsIsNamed() throws IOException {
        assertThat(collisions("192.168.0.0/16")).singleElement().asString().contains("the node's address");
        assertThat(collisions("10.96.0.0/28"))
                .anySatisfy(text -> assertThat(text).contains("DNS server").contains("10.96.0.10"))
                .anySatisfy(text -> assertThat(text).contains("API server").contains("10.96.0.1"));
        assertThat(collisions("10.244.0.0/16"))
                .anySatisfy(text -> assertThat(text).contains("an address of eth0"))
                .anySatisfy(text -> assertThat(text).contains("the route 10.244.1.0/24 through eth0"));
    }

    @Test
    void aRangeInsideARouteOfThePodCollidesToo() throws IOException {
        assertThat(collisions("172.20.5.0/24")).singleElement().asString().contains("172.20.0.0/14");
    }

    @Test
    void theMtuLeavesRoomForTheTunnel() {
        assertThat(TunnelMtu.of(view(), "mesh0", 0)).isEqualTo(1450 - 62);
        assertThat(TunnelMtu.of(view(), "mesh0", 1300)).isEqualTo(1300);
        NetworkView dual = new NetworkView(
                List.of(LO, ETH0), List.of(new LinkAddress(2, IpAddress.parse("2001:db8::7"), 64)), List.of());
        assertThat(TunnelMtu.of(dual, "mesh0", 0)).isEqualTo(1450 - 82);
    }
}
