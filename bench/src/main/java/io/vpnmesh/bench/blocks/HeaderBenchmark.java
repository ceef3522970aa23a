// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench.blocks;

import io.vpnmesh.bench.ipsec.EspPair;
import io.vpnmesh.core.net.Checksum;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.node.Demux;
import io.vpnmesh.sidecar.table.RoutingTable;
import io.vpnmesh.sidecar.table.SpiTable;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What is looked at and looked up for every packet. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class HeaderBenchmark {

    private static final int PEERS = 1000;
    private static final int FIRST_SPI = 0x9000_0000;
    private static final int FIRST_ADDRESS = 10 << 24 | 77 << 16;
    /** Prime to the number of peers: the order in which they come has no pattern of a cache line. */
    private static final int STEP = 7919;

    private final byte[] packet = EspPair.packet(1400);
    private final IpView ip = new IpView();
    private final RoutingTable<Integer> routes;
    private final SpiTable<Integer> spis;
    private int next;

    public HeaderBenchmark() {
        Map<Cidr, Integer> owners = new HashMap<>();
        SpiTable<Integer> table = new SpiTable<>();
        for (int i = 0; i < PEERS; i++) {
            owners.put(Cidr.host(IpAddress.v4(FIRST_ADDRESS + i)), i);
            table = table.with(FIRST_SPI + i * STEP, i);
        }
        routes = new RoutingTable<>(owners);
        spis = table;
    }

    private int peer() {
        next = (next + STEP) % PEERS;
        return next;
    }

    @Benchmark
    public Demux classify() {
        return Demux.classify(packet, 0, packet.length);
    }

    @Benchmark
    public int parse() {
        ip.wrap(packet, 0, packet.length);
        return ip.protocol() + ip.sourcePort() + ip.destinationPort();
    }

    @Benchmark
    public int checksum() {
        return Checksum.fold(Checksum.add(0, packet, 0, packet.length));
    }

    @Benchmark
    public @Nullable Object route() {
        return routes.lookup(4, 0, FIRST_ADDRESS + peer() & 0xFFFF_FFFFL);
    }

    @Benchmark
    public @Nullable Object spi() {
        return spis.lookup(FIRST_SPI + peer() * STEP);
    }
}
