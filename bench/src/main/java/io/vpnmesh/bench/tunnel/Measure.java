// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.tunnel;

/** What is measured of every tunnel, as a column of a table. */
enum Measure {
    /** The first seconds after its start: what a compiler costs that is still at work. */
    FIRST("first 2 s", "Gb/s", 2),
    FLOW("TCP, 1 flow", "Gb/s", 2),
    FLOWS("TCP, 4 flows", "Gb/s", 2),
    BYTES_COST("CPU", "s/GB", 2),
    PACKETS("64-byte packets", "k/s", 0),
    /** Of one host to {@link Contenders#PEERS} others in turns. */
    PACKETS_MANY("to 32 peers in turns", "k/s", 0),
    PACKET_COST("CPU", "µs/packet", 1),
    IDLE_P50("RTT idle, p50", "µs", 0),
    IDLE_P99("RTT idle, p99", "µs", 0),
    BESIDE_P50("beside 200 Mb/s, p50", "µs", 0),
    BESIDE_P99("beside 200 Mb/s, p99", "µs", 0),
    SATURATED_P50("beside a bulk flow, p50", "µs", 0),
    SATURATED_P99("beside a bulk flow, p99", "µs", 0),
    /** Single rows of a data base by eight clients at once. */
    QUERIES("pgbench, queries", "k/s", 1),
    /** The same with a connection for each query. */
    CONNECTIONS("pgbench, connections", "/s", 0),
    /** From the execution of one end's program, with its identity and the other end there, to the answer to a packet. */
    FIRST_PACKET("start to first packet", "ms", 0),
    MEMORY("resident", "MiB", 0),
    /** As the kubelet counts a container; of ours alone, because rivals run outside of containers. */
    WORKING_SET("working set", "MiB", 0);

    final String title;
    final String unit;
    final int digits;

    Measure(String title, String unit, int digits) {
        this.title = title;
        this.unit = unit;
        this.digits = digits;
    }
}
