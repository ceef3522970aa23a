// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.data;

import io.vpnmesh.core.net.IpView;
import io.vpnmesh.sidecar.train.Coalescer;
import io.vpnmesh.sidecar.train.FrameSink;
import io.vpnmesh.sidecar.train.Segmenter;
import io.vpnmesh.transport.Libc;
import io.vpnmesh.transport.tun.TunWriter;
import io.vpnmesh.transport.tun.VnetHeader;
import org.jspecify.annotations.Nullable;

/**
 * Frames to the pod. A kernel that accepts an offload and then refuses its frames gets that frame cut up again, and none
 * like it any more. Inbound thread only.
 */
final class FrameWriter implements FrameSink, AutoCloseable {

    private static final System.Logger LOG = System.getLogger(FrameWriter.class.getName());

    private static final int MAX_PACKET_BYTES = 65_535;

    private final TunWriter tun;
    private final DropCounters drops;
    private final TrainCounters counters;
    private final Segmenter segmenter = new Segmenter();
    private final IpView ip = new IpView();
    private @Nullable Coalescer coalescer;

    /** Takes the writer over. */
    FrameWriter(TunWriter tun, DropCounters drops, TrainCounters counters) {
        this.tun = tun;
        this.drops = drops;
        this.counters = counters;
    }

    /** Whose frames they are. */
    void of(Coalescer source) {
        coalescer = source;
    }

    @Override
    public void frame(byte[] buffer, int at, int length, int segments) {
        int written = tun.write(buffer, at, length);
        if (written >= 0) {
            counters.count(TrainStage.TUN_WRITE, 1, segments);
        } else if (written == -Libc.EINVAL && segments > 1) {
            apart(buffer, at, length);
        } else {
            drops.count(DropReason.TUN_REFUSED, segments);
        }
    }

    private void apart(byte[] buffer, int at, int length) {
        boolean udp = VnetHeader.kind(buffer, at) == VnetHeader.UDP;
        if (coalescer != null) {
            coalescer.stopJoining(udp);
        }
        LOG.log(System.Logger.Level.WARNING, "event=frame-refused kind=" + (udp ? "udp" : "tcp"));
        ip.wrap(buffer, at + VnetHeader.BYTES, length);
        int count = segmenter.begin(buffer, at, length, ip, MAX_PACKET_BYTES);
        for (int i = 0; i < count; i++) {
            segmenter.next();
            int start = segmenter.offset() - VnetHeader.BYTES; // over the packet before, which was written
            VnetHeader.clear(buffer, start);
            frame(buffer, start, segmenter.length(), 1);
        }
    }

    @Override
    public void close() {
        tun.close();
    }
}
