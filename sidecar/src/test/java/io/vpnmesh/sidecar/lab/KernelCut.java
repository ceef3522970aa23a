// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.lab;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.sidecar.train.Coalescer;
import io.vpnmesh.sidecar.train.Flow;
import io.vpnmesh.sidecar.train.Segmenter;
import io.vpnmesh.transport.Libc;
import io.vpnmesh.transport.tun.TunDevice;
import io.vpnmesh.transport.tun.TunOffload;
import io.vpnmesh.transport.tun.TunWriter;
import io.vpnmesh.transport.tun.VnetHeader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * A program for a namespace that forwards: writes super-packets to one TUN, reads what the kernel cuts them into from
 * another one without offloads, and compares that with our own cut, byte by byte. Half of the frames are joined by us
 * from single packets, so the kernel also judges those.
 */
final class KernelCut {

    private static final Path NODE = Path.of("/dev/net/tun");
    private static final int WAIT_MS = 500;
    private static final int WIDE = 65_535;

    private final TunDevice from;
    private final TunDevice to;
    private final TunWriter writer;
    private final byte[] frame = new byte[VnetHeader.BYTES + 65_536];
    private final Segmenter segmenter = new Segmenter();
    private final IpView ip = new IpView();

    private KernelCut(String from, String to) throws IOException {
        this.from = TunDevice.attach(NODE, from, TunOffload.TCP_UDP);
        this.to = TunDevice.attach(NODE, to, TunOffload.SINGLE);
        writer = this.from.newWriter();
    }

    /** Arguments: the TUN to write to, the TUN to read from, how many flows. */
    public static void main(String[] arguments) throws IOException {
        KernelCut cut = new KernelCut(arguments[0], arguments[1]);
        int flows = Integer.parseInt(arguments[2]);
        int packets = 0;
        for (int seed = 0; seed < flows; seed++) {
            packets += cut.compare(seed);
        }
        System.out.println("same flows=" + flows + " packets=" + packets + " tun="
                + cut.from.offload().text());
    }

    private int compare(int seed) {
        Random random = new Random(seed);
        Flow flow = Flow.forwardable(random);
        if (seed % 2 == 0) {
            flow.sayFinOrUrgent(random);
        }
        byte[] written = seed % 2 == 0 ? flow.frame() : joined(flow);
        int length = flow.frame().length - VnetHeader.BYTES - 8;
        int result = writer.write(written, 0, length);
        if (result != length) {
            throw new IllegalStateException("flow " + seed + ": write returned " + result);
        }
        flow.oneHopOn();
        List<byte[]> ours = ours(flow.frame(), length);
        List<byte[]> kernels = read(ours.size());
        if (kernels.size() != ours.size()) {
            throw new IllegalStateException("flow " + seed + ": " + kernels.size() + " of " + ours.size() + " packets");
        }
        for (int i = 0; i < ours.size(); i++) {
            int at = Arrays.mismatch(kernels.get(i), ours.get(i));
            if (at >= 0) {
                throw new IllegalStateException("flow " + seed + ", packet " + i + " differs at " + at);
            }
        }
        return ours.size();
    }

    private static byte[] joined(Flow flow) {
        List<byte[]> frames = new ArrayList<>();
        Coalescer coalescer = new Coalescer(
                (buffer, at, length, _) -> frames.add(Arrays.copyOfRange(buffer, at, at + VnetHeader.BYTES + length)),
                true,
                true);
        IpView view = new IpView();
        for (byte[] packet : flow.packets()) {
            System.arraycopy(packet, 0, coalescer.buffer(), coalescer.openAt(), packet.length);
            if (!coalescer.append(packet.length)) {
                coalescer.detach(packet.length);
                view.wrap(coalescer.buffer(), Coalescer.PACKET_AT, packet.length);
                coalescer.keep(view, packet.length);
            }
        }
        coalescer.flush();
        if (frames.size() != 1) {
            throw new IllegalStateException(frames.size() + " frames");
        }
        return frames.getFirst();
    }

    private List<byte[]> ours(byte[] superPacket, int length) {
        if (!ip.wrap(superPacket, VnetHeader.BYTES, length)) {
            throw new IllegalStateException("not a packet");
        }
        List<byte[]> packets = new ArrayList<>();
        int count = segmenter.begin(superPacket, 0, length, ip, WIDE);
        for (int i = 0; i < count; i++) {
            segmenter.next();
            packets.add(Arrays.copyOfRange(superPacket, segmenter.offset(), segmenter.offset() + segmenter.length()));
        }
        return packets;
    }

    private boolean isMulticast() {
        return frame[VnetHeader.BYTES] >>> 4 == 6 && frame[VnetHeader.BYTES + 24] == (byte) 0xFF;
    }

    private List<byte[]> read(int wanted) {
        List<byte[]> packets = new ArrayList<>();
        boolean waited = false;
        while (packets.size() < wanted) {
            int length = to.read(frame, 0);
            if (length > 0 && isMulticast()) {
                continue; // the kernel's own IPv6 announcements
            }
            if (length > 0) {
                packets.add(Arrays.copyOfRange(frame, VnetHeader.BYTES, VnetHeader.BYTES + length));
            } else if (length == -Libc.EAGAIN && !waited) {
                to.awaitReadable(WAIT_MS);
                waited = true;
            } else {
                break;
            }
        }
        return packets;
    }
}
