// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.e2e.demo;

import io.vpnmesh.e2e.net.Namespace;
import io.vpnmesh.e2e.run.LabException;
import io.vpnmesh.e2e.run.Machine;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// Packets on one interface, written by tcpdump and told apart by what stands in the UDP payload.
public final class Capture implements AutoCloseable {
    private static final Duration START = Duration.ofSeconds(5);
    private static final int MAX_PACKETS = 200_000;
    private static final int GLOBAL_HEADER = 24;
    private static final int RECORD_HEADER = 16;
    private static final int ETHERNET_HEADER = 14;
    private static final int STUN_COOKIE = 0x2112A442;

    private final Process tcpdump;
    private final Path file;

    /// What a UDP payload is (docs/wire.md 2); PLAIN is everything that is none of ours, TCP included.
    public enum Kind {
        ESP,
        IKE,
        STUN,
        KEEPALIVE,
        PLAIN
    }

    /// @param payloadLength bytes of UDP payload
    /// @param spi           of an ESP packet, else 0
    /// @param sequence      of an ESP packet, else 0
    public record Packet(Kind kind, String source, String destination, int payloadLength, int spi, int sequence) {}

    private Capture(Process tcpdump, Path file) {
        this.tcpdump = tcpdump;
        this.file = file;
    }

    /// Starts tcpdump in a namespace; the filter is pcap's.
    public static Capture start(Namespace namespace, String interfaceName, String filter, Path file) {
        List<String> command = Stream.concat(
                        namespace.prefix().stream(),
                        Stream.of(
                                "tcpdump",
                                "-i",
                                interfaceName,
                                "-U",
                                "-s",
                                "96",
                                "-c",
                                String.valueOf(MAX_PACKETS),
                                "-w",
                                file.toString(),
                                filter))
                .toList();
        try {
            Files.deleteIfExists(file);
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            Await.until("tcpdump to begin", START, () -> size(file) >= GLOBAL_HEADER, () -> "no capture file");
            return new Capture(process, file);
        } catch (IOException e) {
            throw new LabException("cannot start tcpdump: run e2e/tools/packages", e);
        }
    }

    private static long size(Path file) {
        try {
            return Files.exists(file) ? Files.size(file) : 0;
        } catch (IOException _) {
            return 0;
        }
    }

    /// Ends the capture and reads it.
    public List<Packet> stop() {
        close();
        try {
            return parse(Files.readAllBytes(file));
        } catch (IOException e) {
            throw new LabException("cannot read " + file, e);
        }
    }

    @Override
    public void close() {
        tcpdump.destroy();
        try {
            if (!tcpdump.waitFor(3, TimeUnit.SECONDS)) {
                tcpdump.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            tcpdump.destroyForcibly();
        }
        Machine.pause(Duration.ofMillis(50));
    }

    static List<Packet> parse(byte[] bytes) {
        List<Packet> packets = new ArrayList<>();
        ByteBuffer records = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int position = GLOBAL_HEADER;
        while (position + RECORD_HEADER <= bytes.length) {
            int captured = records.getInt(position + 8);
            int start = position + RECORD_HEADER;
            if (captured < 0 || start + captured > bytes.length) {
                break;
            }
            packets.add(packet(ByteBuffer.wrap(bytes, start, captured).slice()));
            position = start + captured;
        }
        return packets;
    }

    private static Packet packet(ByteBuffer frame) {
        int ip = ETHERNET_HEADER;
        if (frame.remaining() < ip + 20 || frame.getShort(12) != 0x0800) {
            return new Packet(Kind.PLAIN, "?", "?", 0, 0, 0);
        }
        String source = address(frame, ip + 12);
        String destination = address(frame, ip + 16);
        int udp = ip + (frame.get(ip) & 0xF) * 4;
        if (frame.get(ip + 9) != 17 || frame.remaining() < udp + 8) {
            return new Packet(Kind.PLAIN, source, destination, 0, 0, 0);
        }
        int length = (frame.getShort(udp + 4) & 0xFFFF) - 8;
        ByteBuffer payload = frame.slice(udp + 8, frame.remaining() - udp - 8);
        Kind kind = kind(payload, length);
        boolean isEsp = kind == Kind.ESP;
        return new Packet(
                kind, source, destination, length, isEsp ? payload.getInt(0) : 0, isEsp ? payload.getInt(4) : 0);
    }

    private static Kind kind(ByteBuffer payload, int length) {
        if (length == 1 && payload.get(0) == (byte) 0xFF) {
            return Kind.KEEPALIVE;
        }
        if (length < 8 || payload.remaining() < 8) {
            return Kind.PLAIN;
        }
        if (payload.getInt(0) == 0) {
            return Kind.IKE;
        }
        if ((payload.get(0) & 0xC0) == 0 && payload.getInt(4) == STUN_COOKIE) {
            return Kind.STUN;
        }
        return payload.getInt(0) < 0 ? Kind.ESP : Kind.PLAIN;
    }

    private static String address(ByteBuffer frame, int at) {
        return (frame.get(at) & 255) + "." + (frame.get(at + 1) & 255) + "." + (frame.get(at + 2) & 255) + "."
                + (frame.get(at + 3) & 255);
    }

    /// ESP packets that were seen twice (once in, once out), and how many of them changed their length on the way.
    ///
    /// @param forwarded packets seen in and out
    /// @param changed   of these, with two different lengths
    public record Forwarding(int forwarded, int changed) {}

    public static Forwarding forwarding(List<Packet> packets) {
        Map<Long, Integer> lengths = new HashMap<>();
        int forwarded = 0;
        int changed = 0;
        for (Packet packet : packets) {
            if (packet.kind() != Kind.ESP) {
                continue;
            }
            long key = (long) packet.spi() << 32 | packet.sequence() & 0xFFFF_FFFFL;
            Integer before = lengths.put(key, packet.payloadLength());
            if (before != null) {
                forwarded++;
                changed += before == packet.payloadLength() ? 0 : 1;
            }
        }
        return new Forwarding(forwarded, changed);
    }
}
