// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

import io.vpnmesh.transport.tun.VnetHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A stretch of one TCP or UDP flow that makes its packets field by field, so that what is expected of the product comes
 * from no code of the product: sums go 16 bits at a time over the bytes as they lie.
 */
public final class Flow {

    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;
    static final int PSH = 8;
    static final int ACK = 16;
    static final int URG = 32;
    static final int ECE = 64;
    static final int CWR = 128;

    private static final int TCP = 6;
    private static final int UDP = 17;

    boolean v4;
    boolean tcp;
    /** IPv4 options, or IPv6 extension headers; a multiple of 4 or 8. */
    byte[] between = new byte[0];
    /** The first of the extension headers, or the protocol. */
    int firstHeader;

    byte[] tcpOptions = new byte[0];
    byte[] addresses = new byte[32];
    int sourcePort;
    int destinationPort;
    int trafficClass;
    int flowLabel;
    int ttl;
    int fragment = 0x4000;
    int id;
    int sequence;
    int acknowledgement;
    int window;
    int urgent;
    int flags = ACK;
    int size;
    byte[] payload = new byte[0];

    /**
     * A flow that a router between 10.9.0.0/24 and 10.9.1.0/24, or fd09::/64 and fd09:0:0:1::/64, passes on: options and
     * extension headers that say nothing, and packets that fit 1500 bytes.
     */
    public static Flow forwardable(Random random) {
        Flow flow = random(random);
        flow.between = new byte[0];
        flow.firstHeader = flow.tcp ? TCP : UDP;
        if (random.nextInt(3) == 0) {
            flow.between = flow.v4 ? noOperations(random) : flow.padding(random);
        }
        byte[] v4 = {10, 9, 0, 2, 10, 9, 1, 2};
        byte[] v6 = new byte[32];
        v6[0] = (byte) 0xFD;
        v6[1] = 9;
        v6[15] = 2;
        v6[16] = (byte) 0xFD;
        v6[17] = 9;
        v6[23] = 1;
        v6[31] = 2;
        flow.addresses = Arrays.copyOf(flow.v4 ? v4 : v6, 32);
        flow.ttl = 2 + random.nextInt(250);
        flow.size = 8 + random.nextInt(1500 - 8 - flow.headerLength() + 1);
        int most = Math.min(64 * flow.size, 65_535 - flow.headerLength());
        flow.payload = bytes(random, 1 + random.nextInt(most));
        return flow;
    }

    private static byte[] noOperations(Random random) {
        byte[] options = new byte[4 * (1 + random.nextInt(10))];
        Arrays.fill(options, (byte) 1);
        return options;
    }

    /** Destination options (RFC 8200 section 4.6) that hold PadN. */
    private byte[] padding(Random random) {
        byte[] header = new byte[8 * (1 + random.nextInt(4))];
        header[0] = (byte) firstHeader;
        header[1] = (byte) (header.length / 8 - 1);
        header[2] = 1;
        header[3] = (byte) (header.length - 4);
        firstHeader = 60;
        return header;
    }

    /** Also what a joined frame never says. */
    public void sayFinOrUrgent(Random random) {
        flags |= (random.nextBoolean() ? FIN : 0) | (random.nextBoolean() ? URG : 0);
        urgent = random.nextInt(65536);
    }

    public void oneHopOn() {
        ttl--;
    }

    /** A flow whose packets may all be joined, but for FIN. */
    static Flow random(Random random) {
        Flow flow = new Flow();
        flow.v4 = random.nextBoolean();
        flow.tcp = random.nextInt(3) > 0;
        random.nextBytes(flow.addresses);
        flow.sourcePort = random.nextInt(65536);
        flow.destinationPort = random.nextInt(65536);
        flow.trafficClass = random.nextInt(256);
        flow.flowLabel = random.nextInt(1 << 20);
        flow.ttl = random.nextInt(256);
        flow.fragment = random.nextInt(4) == 0 ? 0 : 0x4000;
        flow.id = random.nextInt(65536);
        flow.sequence = random.nextInt();
        flow.acknowledgement = random.nextInt();
        flow.window = random.nextInt(65536);
        flow.flags = ACK | (random.nextInt(4) == 0 ? PSH : 0);
        flow.flags |= (random.nextInt(8) == 0 ? CWR : 0) | (random.nextInt(8) == 0 ? ECE : 0);
        flow.tcpOptions = bytes(random, 4 * (random.nextBoolean() ? 3 : random.nextInt(11)));
        flow.firstHeader = flow.tcp ? TCP : UDP;
        if (random.nextInt(4) == 0) {
            flow.addBetween(random);
        }
        flow.size = 1 + (random.nextInt(4) == 0 ? random.nextInt(20) : random.nextInt(2000));
        int most = 65_535 - flow.headerLength();
        int segments = 1 + random.nextInt(flow.tcp ? 70 : 64);
        int length = Math.min(most, flow.size * segments - (random.nextBoolean() ? 0 : random.nextInt(flow.size)));
        flow.payload = bytes(random, length);
        return flow;
    }

    private void addBetween(Random random) {
        if (v4) {
            between = bytes(random, 4 * (1 + random.nextInt(10)));
            return;
        }
        // Hop-by-hop, then destination options (RFC 8200 section 4), each of some words.
        byte[] first = bytes(random, 8 * (1 + random.nextInt(3)));
        byte[] second = bytes(random, 8 * (1 + random.nextInt(3)));
        first[0] = 60;
        first[1] = (byte) (first.length / 8 - 1);
        second[0] = (byte) firstHeader;
        second[1] = (byte) (second.length / 8 - 1);
        between = ByteBuffer.allocate(first.length + second.length)
                .put(first)
                .put(second)
                .array();
        firstHeader = 0;
    }

    private static byte[] bytes(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    int transportAt() {
        return (v4 ? 20 : 40) + between.length;
    }

    int headerLength() {
        return transportAt() + (tcp ? 20 + tcpOptions.length : 8);
    }

    int segments() {
        return (payload.length + size - 1) / size;
    }

    /** All packets as a wire carries them. */
    public List<byte[]> packets() {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < segments(); i++) {
            packets.add(segment(i, size));
        }
        return packets;
    }

    /** Packet i of those that carry so much each. */
    byte[] segment(int i, int each) {
        int count = (payload.length + each - 1) / each;
        int own = flags & (i == 0 ? ~0 : ~CWR) & (i == count - 1 ? ~0 : ~(PSH | FIN));
        byte[] part = Arrays.copyOfRange(payload, i * each, Math.min(payload.length, (i + 1) * each));
        byte[] packet = packet(part, id + i & 0xFFFF, sequence + i * each, own);
        int transport = packet.length - transportAt();
        int sum = sum(packet, transportAt(), transport) + pseudo(transport);
        int checksum = ~fold(sum) & 0xFFFF;
        ByteBuffer.wrap(packet).putShort(checksumAt(), (short) (checksum == 0 && !tcp ? 0xFFFF : checksum));
        return packet;
    }

    /** Everything behind one header, as a TUN hands it over: {@code virtio_net_hdr | packet}. */
    public byte[] frame() {
        byte[] packet = packet(payload, id, sequence, flags);
        ByteBuffer.wrap(packet).putShort(checksumAt(), (short) fold(pseudo(packet.length - transportAt())));
        byte[] frame = new byte[VnetHeader.BYTES + packet.length + 8];
        System.arraycopy(packet, 0, frame, VnetHeader.BYTES, packet.length);
        int kind = tcp ? v4 ? VnetHeader.TCP_V4 : VnetHeader.TCP_V6 : VnetHeader.UDP;
        VnetHeader.write(
                frame,
                0,
                kind,
                tcp && (flags & CWR) != 0,
                headerLength(),
                size,
                transportAt(),
                checksumAt() - transportAt());
        return frame;
    }

    private int checksumAt() {
        return transportAt() + (tcp ? 16 : 6);
    }

    private byte[] packet(byte[] part, int identification, int number, int own) {
        ByteBuffer packet = ByteBuffer.allocate(headerLength() + part.length);
        if (v4) {
            packet.put((byte) (0x40 | transportAt() / 4)).put((byte) trafficClass);
            packet.putShort((short) packet.capacity()).putShort((short) identification);
            packet.putShort((short) fragment)
                    .put((byte) ttl)
                    .put((byte) firstHeader)
                    .putShort((short) 0);
            packet.put(addresses, 0, 8).put(between);
            packet.putShort(10, (short) ~fold(sum(packet.array(), 0, transportAt())));
        } else {
            packet.putInt(6 << 28 | trafficClass << 20 | flowLabel).putShort((short) (packet.capacity() - 40));
            packet.put((byte) firstHeader).put((byte) ttl).put(addresses).put(between);
        }
        packet.putShort((short) sourcePort).putShort((short) destinationPort);
        if (tcp) {
            packet.putInt(number).putInt(acknowledgement);
            packet.putShort((short) ((20 + tcpOptions.length) / 4 << 12 | own)).putShort((short) window);
            packet.putShort((short) 0).putShort((short) urgent).put(tcpOptions);
        } else {
            packet.putShort((short) (8 + part.length)).putShort((short) 0);
        }
        return packet.put(part).array();
    }

    private int pseudo(int transportLength) {
        return sum(addresses, 0, v4 ? 8 : 32) + (tcp ? TCP : UDP) + transportLength;
    }

    private static int sum(byte[] bytes, int at, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += (bytes[at + i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return sum;
    }

    private static int fold(int sum) {
        int folded = sum;
        while (folded >>> 16 != 0) {
            folded = (folded & 0xFFFF) + (folded >>> 16);
        }
        return folded;
    }
}
