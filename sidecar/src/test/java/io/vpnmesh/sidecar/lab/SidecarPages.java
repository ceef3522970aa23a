// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

/** What the sidecars of the lab say of themselves by HTTP. */
record SidecarPages(Namespaces namespaces) {

    /** A page of the port that is for the pod alone; empty while nobody answers. */
    String get(String host, String page) {
        return namespaces
                .tryIn(host, "curl", "-s", "-m", "2", "http://127.0.0.1:29901/" + page)
                .output();
    }

    /** Trains seen at a stage: {@code tun_read}, {@code udp_send}, {@code udp_receive} or {@code tun_write}. */
    long trains(String host, String stage) {
        return metric(host, "vpnmesh_sidecar_trains_total{at=\"" + stage + "\"} ");
    }

    /** Packets that the trains of a stage carried. */
    long trainPackets(String host, String stage) {
        return metric(host, "vpnmesh_sidecar_train_packets_total{at=\"" + stage + "\"} ");
    }

    private long metric(String host, String sample) {
        String page = namespaces.in(host, "curl", "-s", "-m", "2", "http://127.0.0.1:29902/metrics");
        String line = page.lines()
                .filter(candidate -> candidate.startsWith(sample))
                .findFirst()
                .orElseThrow();
        return Long.parseLong(line.substring(sample.length()));
    }
}
