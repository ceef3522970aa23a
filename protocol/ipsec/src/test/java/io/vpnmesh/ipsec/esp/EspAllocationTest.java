// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.esp;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.vpnmesh.core.crypto.Aead;
import io.vpnmesh.core.crypto.SecretBytes;
import io.vpnmesh.core.net.Cidr;
import io.vpnmesh.core.net.IpAddress;
import io.vpnmesh.core.net.UdpPacket;
import io.vpnmesh.ipsec.sa.SaLifetime;
import io.vpnmesh.ipsec.sa.SelectorSet;
import io.vpnmesh.ipsec.sa.TrafficSelector;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.Test;

class EspAllocationTest {

    /** Stands for a cipher that allocates nothing, so that what is measured is our own code. */
    private static final class NoCipher implements Aead {
        @Override
        public void seal(byte[] nonce, byte[] aad, int a, int n, byte[] in, int i, int length, byte[] out, int o) {
            out[o + length] = nonce[11];
        }

        @Override
        public boolean open(byte[] nonce, byte[] aad, int a, int n, byte[] in, int i, int length, byte[] out, int o) {
            return out[o + length] == nonce[11];
        }

        @Override
        public void sealTo(byte[] nonce, byte[] aad, int n, byte[] in, int i, int length, MemorySegment out, long o) {
            MemorySegment.copy(in, i, out, JAVA_BYTE, o, length);
            out.set(JAVA_BYTE, o + length, nonce[11]);
        }

        @Override
        public boolean openFrom(
                byte[] nonce, byte[] aad, int n, MemorySegment in, long i, int length, byte[] out, int o) {
            MemorySegment.copy(in, JAVA_BYTE, i, out, o, length);
            return in.get(JAVA_BYTE, i + length) == nonce[11];
        }

        @Override
        public void close() {}
    }

    private interface Round {
        boolean delivers(EspSealer sealer, EspOpener opener, byte[] packet, byte[] buffer);
    }

    @Test
    void sealingAndOpeningInPlaceAllocateNothing() {
        assertAllocatesNothing((sealer, opener, packet, buffer) -> {
            System.arraycopy(packet, 0, buffer, 16, packet.length);
            int length = sealer.seal(buffer, 16, packet.length);
            return opener.open(buffer, 0, length) == packet.length;
        });
    }

    @Test
    void sealingToAndOpeningFromNativeMemoryAllocateNothing() {
        MemorySegment memory = Arena.ofAuto().allocate(2000);
        assertAllocatesNothing((sealer, opener, packet, buffer) -> {
            System.arraycopy(packet, 0, buffer, 16, packet.length);
            int length = sealer.sealTo(buffer, 16, packet.length, memory, 100);
            return opener.openFrom(memory, 100, length, buffer, 4) == packet.length;
        });
    }

    private static void assertAllocatesNothing(Round round) {
        SecretBytes salt = SecretBytes.owning(new byte[4]);
        EspSealer sealer = new EspSealer(-1, new NoCipher(), salt, true, SaLifetime.DEFAULT);
        SelectorSet selectors = new SelectorSet(
                List.of(TrafficSelector.of(Cidr.parse("10.0.0.1/32"))),
                List.of(TrafficSelector.of(Cidr.parse("10.0.0.2/32"))));
        EspOpener opener = new EspOpener(-1, new NoCipher(), salt, true, selectors, 8192);
        byte[] packet = UdpPacket.build(IpAddress.parse("10.0.0.1"), 1, IpAddress.parse("10.0.0.2"), 2, new byte[1372]);
        byte[] buffer = new byte[16 + packet.length + 24];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().threadId();
        int packets = 20_000;
        run(round, sealer, opener, packet, buffer, packets); // whatever the first calls load

        long before = threads.getThreadAllocatedBytes(id);
        int delivered = run(round, sealer, opener, packet, buffer, packets);
        long allocated = threads.getThreadAllocatedBytes(id) - before;

        assertThat(delivered).isEqualTo(packets);
        assertThat(allocated / packets).isZero();
    }

    private static int run(Round round, EspSealer sealer, EspOpener opener, byte[] packet, byte[] buffer, int packets) {
        int delivered = 0;
        for (int i = 0; i < packets; i++) {
            if (round.delivers(sealer, opener, packet, buffer)) {
                delivered++;
            }
        }
        return delivered;
    }
}
