// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.operator.relay;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.vpnmesh.core.net.Endpoint;
import io.vpnmesh.crds.VpnMesh;
import io.vpnmesh.operator.lab.Fixtures;
import io.vpnmesh.operator.lab.Golden;
import io.vpnmesh.operator.relay.RelayEndpointsSource.RelayPod;
import java.util.List;
import org.junit.jupiter.api.Test;

class RelayEndpointsTest {

    private static final Pod POD = Fixtures.pod("""
            metadata:
              name: blue-relay-0
              namespace: shop
              uid: u0
              labels: {vpnmesh.io/relay: blue}
              ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: blue-relay, uid: s, controller: true}]
            spec: {serviceAccountName: blue-relay, containers: []}
            status: {hostIP: 192.0.2.9, conditions: [{type: Ready, status: "True"}]}
            """);

    @Test
    void loadBalancerGivesTheOutsideAndTheClusterAddressTheInside() {
        Service service = service("LoadBalancer", "status: {loadBalancer: {ingress: [{ip: 203.0.113.5}]}}\n");

        RelayPod relay = relay(Fixtures.mesh("shop", "blue"), POD, service);

        assertThat(relay.ready()).isTrue();
        assertThat(relay.udp()).containsExactly(Endpoint.parse("203.0.113.5:4500"));
        assertThat(relay.tls()).containsExactly(Endpoint.parse("203.0.113.5:443"));
        assertThat(relay.clusterUdp()).containsExactly(Endpoint.parse("10.96.0.7:4500"));
    }

    @Test
    void hostNameOfABalancerIsNoAddress() {
        Service service = service("LoadBalancer", "status: {loadBalancer: {ingress: [{hostname: lb.example.com}]}}\n");

        assertThat(relay(Fixtures.mesh("shop", "blue"), POD, service).udp()).isEmpty();
    }

    @Test
    void nodePortsStandAtTheGivenAddresses() {
        VpnMesh mesh = Fixtures.mesh(
                "shop", "blue", "  relay: {expose: {type: NodePort, nodePort: {addresses: [198.51.100.1]}}}\n");

        assertThat(relay(mesh, POD, service("NodePort", "")).udp())
                .containsExactly(Endpoint.parse("198.51.100.1:30500"));
    }

    @Test
    void hostPortStandsAtTheNode() {
        VpnMesh mesh = Fixtures.mesh("shop", "blue", "  relay: {port: 14500, expose: {type: HostPort}}\n");

        assertThat(relay(mesh, POD, service("ClusterIP", "")).udp()).containsExactly(Endpoint.parse("192.0.2.9:14500"));
    }

    @Test
    void labelAloneMakesNoRelay() {
        Pod forged = Fixtures.pod("metadata: {name: x, namespace: shop, uid: u, labels: {vpnmesh.io/relay: blue}}\n"
                + "spec: {serviceAccountName: blue-relay, containers: []}\n");

        assertThat(RelayEndpoints.relays(Fixtures.mesh("shop", "blue"), List.of(forged), List.of()))
                .isEmpty();
    }

    private static RelayPod relay(VpnMesh mesh, Pod pod, Service service) {
        List<RelayPod> relays = RelayEndpoints.relays(mesh, List.of(pod), List.of(service));
        assertThat(relays).hasSize(1);
        return relays.getFirst();
    }

    private static Service service(String type, String status) {
        return Golden.read("""
                apiVersion: v1
                kind: Service
                metadata: {name: blue-relay-0, namespace: shop, labels: {vpnmesh.io/relay: blue}}
                spec:
                  type: %s
                  clusterIP: 10.96.0.7
                  clusterIPs: [10.96.0.7]
                  ports:
                  - {name: udp, port: 4500, protocol: UDP, nodePort: 30500}
                  - {name: tls, port: 443, protocol: TCP, nodePort: 30600}
                %s""".formatted(type, status), Service.class);
    }
}
