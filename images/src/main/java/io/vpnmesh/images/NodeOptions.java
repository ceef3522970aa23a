// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.util.ArrayList;
import java.util.List;

/** How the JVM of a sidecar and of a relay is started: a small, predictable heap, and a compiler that knows what is hot. */
public final class NodeOptions {

    /** Code that carries packets, as beginnings of class names. */
    static final List<String> PACKET_CODE = List.of(
            "io.vpnmesh.sidecar.data.",
            "io.vpnmesh.sidecar.inbound.",
            "io.vpnmesh.sidecar.packet.",
            "io.vpnmesh.sidecar.table.",
            "io.vpnmesh.sidecar.train.",
            "io.vpnmesh.relay.packet.",
            "io.vpnmesh.transport.",
            "io.vpnmesh.ipsec.esp.",
            "io.vpnmesh.core.net.",
            "com.sun.crypto.provider.G"); // GCTR, GHASH, GaloisCounterMode

    /**
     * What is compiled for itself and not into who calls it, as class and method. A packet loop with all its parts in one
     * piece takes the second compiler 14 MiB for some seconds, which a pod's memory must have room for. And a system call
     * inside a large piece may be one call too deep for inlining: then it allocates (its segment for the error number).
     */
    static final List<String> SEAMS = List.of(
            "io.vpnmesh.ipsec.esp.EspOpener::openFrom",
            "io.vpnmesh.ipsec.esp.EspSealer::sealTo",
            "io.vpnmesh.sidecar.data.FrameWriter::frame",
            "io.vpnmesh.sidecar.data.InboundLoop::fromPeer",
            "io.vpnmesh.sidecar.data.InboundLoop::fromRelay",
            "io.vpnmesh.sidecar.data.OutboundLoop::handle",
            "io.vpnmesh.sidecar.data.SealedTrains::flush",
            "io.vpnmesh.sidecar.train.Coalescer::append",
            "io.vpnmesh.sidecar.train.Coalescer::detach",
            "io.vpnmesh.transport.DatagramBatch::receive",
            "io.vpnmesh.transport.DatagramBatch::source",
            "io.vpnmesh.transport.Libc::poll",
            "io.vpnmesh.transport.Libc::read",
            "io.vpnmesh.transport.Libc::readHeap",
            "io.vpnmesh.transport.Libc::recvmmsg",
            "io.vpnmesh.transport.Libc::recvmsg",
            "io.vpnmesh.transport.Libc::sendmmsg",
            "io.vpnmesh.transport.Libc::sendmsg",
            "io.vpnmesh.transport.Libc::write",
            "io.vpnmesh.transport.Libc::writeHeap");

    /** One malloc arena is set by the pod template. */
    private static final List<String> MEMORY = List.of(
            "-XX:+UseSerialGC",
            "-Xss256k",
            "-XX:ReservedCodeCacheSize=24m",
            // No pause of 25 ms whenever 4 MiB more were compiled, just to look for code that is not used any more.
            "-XX:SweeperThreshold=100",
            "-XX:+UseCompactObjectHeaders",
            // What a collection of the whole heap has freed goes back to the kernel at once.
            "-XX:-ShrinkHeapInSteps",
            "-XX:MinHeapFreeRatio=10",
            "-XX:MaxHeapFreeRatio=30",
            // The archive where it was laid out for: moved elsewhere, all its pages would become the process's own.
            "-XX:+UnlockDiagnosticVMOptions",
            "-XX:ArchiveRelocationMode=0",
            // What the compilers took goes back to the kernel; the C library would keep it.
            "-XX:TrimNativeHeapInterval=2000",
            "-XX:-UsePerfData",
            "-XX:+ExitOnOutOfMemoryError");

    /**
     * The second compiler is for packets. Elsewhere it is called much later than by default: at the start it takes a core
     * from what the start waits for, and later up to 20 MiB for a method that runs now and then.
     */
    private static final List<String> COMPILER = List.of(
            "-XX:Tier4InvocationThreshold=100000",
            "-XX:Tier4MinInvocationThreshold=30000",
            "-XX:Tier4CompileThreshold=200000",
            "-XX:Tier4BackEdgeThreshold=2000000",
            // Percent of that: a method of 4,000 calls is known well enough to become a part of who calls it. With
            // the default, 20, methods of the JDK stay out of the packet loops, which halves their speed.
            "-XX:ProfileMaturityPercentage=4",
            "-XX:CompileCommand=quiet");

    /** Of the thresholds. A pod that sends few packets would wait minutes for compiled code; after 2,000 calls it has it. */
    private static final String SCALE = "0.02";

    private static final List<String> OTHERS = List.of(
            "-Djna.boot.library.path=/app/native",
            "-Djna.nounpack=true",
            "-Djava.net.preferIPv4Stack=false",
            "--enable-native-access=ALL-UNNAMED");

    private NodeOptions() {}

    static List<String> list() {
        List<String> options = new ArrayList<>(MEMORY);
        options.addAll(COMPILER);
        PACKET_CODE.forEach(
                code -> options.add("-XX:CompileCommand=CompileThresholdScaling," + code + "*::*," + SCALE));
        options.addAll(seams());
        options.addAll(OTHERS);
        return options;
    }

    /** Those that say where the compiled code of packets is cut. */
    public static List<String> seams() {
        return SEAMS.stream()
                .map(method -> "-XX:CompileCommand=dontinline," + method)
                .toList();
    }
}
