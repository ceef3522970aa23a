// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.sidecar.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vpnmesh.core.net.IpView;
import io.vpnmesh.transport.tun.VnetHeader;
import java.lang.management.ManagementFactory;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TrainAllocationTest {

    private static final int ROUNDS = 2000;

    private long joined;
    private final Segmenter segmenter = new Segmenter();
    private final Coalescer coalescer = new Coalescer((buffer, at, length, segments) -> joined += segments, true, true);
    private final IpView outer = new IpView();
    private final IpView inner = new IpView();

    @Test
    void cuttingAndJoiningAllocateNothing() {
        Flow flow = new Flow();
        flow.v4 = true;
        flow.tcp = true;
        flow.firstHeader = 6;
        flow.size = 1398;
        flow.payload = new byte[40 * flow.size];
        new Random(3).nextBytes(flow.payload);
        byte[] frame = flow.frame();
        byte[] work = frame.clone();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().threadId();
        run(frame, work); // whatever the first calls load
        joined = 0;

        long before = threads.getThreadAllocatedBytes(id);
        run(frame, work);
        long allocated = threads.getThreadAllocatedBytes(id) - before;

        assertThat(joined).isEqualTo(40L * ROUNDS);
        assertThat(allocated / (40L * ROUNDS)).isZero();
    }

    private void run(byte[] frame, byte[] work) {
        for (int round = 0; round < ROUNDS; round++) {
            System.arraycopy(frame, 0, work, 0, frame.length);
            int length = frame.length - VnetHeader.BYTES - 8;
            outer.wrap(work, VnetHeader.BYTES, length);
            int count = segmenter.begin(work, 0, length, outer, 1438);
            for (int i = 0; i < count; i++) {
                segmenter.next();
                int at = coalescer.openAt();
                System.arraycopy(work, segmenter.offset(), coalescer.buffer(), at, segmenter.length());
                if (!coalescer.append(segmenter.length())) {
                    coalescer.detach(segmenter.length());
                    inner.wrap(coalescer.buffer(), Coalescer.PACKET_AT, segmenter.length());
                    coalescer.keep(inner, segmenter.length());
                }
            }
            coalescer.flush();
        }
    }
}
