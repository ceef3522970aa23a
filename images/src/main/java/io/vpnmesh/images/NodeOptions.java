// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.images;

import java.util.ArrayList;
import java.util.List;

/** How the JVM of a sidecar and of a relay is started: a small, predictable heap, and a compiler that knows what is hot. */
public final class NodeOptions {

    /**
     * Code that carries packets, as beginnings of class names. HotSpot compares the name of each method that it counts with
     * all of them whenever it looks whether to compile it: ten were 8 % of the processor time of a start, a hundred whole
     * names more than that.
     */
    static final List<String> PACKET_CODE = List.of(
            "io.vpnmesh.sidecar.",
            "io.vpnmesh.relay.packet.",
            "io.vpnmesh.transport.",
            "io.vpnmesh.ipsec.esp.",
            "io.vpnmesh.core.net.",
            "com.sun.crypto.provider.G"); // GCTR, GHASH, GaloisCounterMode

    /** Of it what carries none: sessions, set-up and status of a sidecar. */
    static final String CONTROL_CODE = "io.vpnmesh.sidecar.s";

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
     * The second compiler is for packets. Elsewhere it is called later than by default: at the start it takes a core from
     * what the start waits for. So does the first, which is called after ten times as many calls as by default.
     */
    private static final List<String> COMPILER = List.of(
            "-XX:Tier3InvocationThreshold=2000",
            "-XX:Tier3MinInvocationThreshold=1000",
            "-XX:Tier3CompileThreshold=20000",
            // How often the JVM looks whether to compile a method: after two to this power of calls or turns of a loop,
            // times the scale of its package. By default an interpreted method is looked at after 128 calls, one of
            // packet code after 4, which was a tenth of the processor time of a start.
            "-XX:Tier0InvokeNotifyFreqLog=10",
            "-XX:Tier0BackedgeNotifyFreqLog=13",
            "-XX:Tier3InvokeNotifyFreqLog=13",
            "-XX:Tier3BackedgeNotifyFreqLog=15",
            "-XX:Tier4InvocationThreshold=50000",
            "-XX:Tier4MinInvocationThreshold=15000",
            "-XX:Tier4CompileThreshold=100000",
            "-XX:Tier4BackEdgeThreshold=1000000",
            // Percent of that: a method of 5,000 calls is known well enough to become a part of who calls it. With
            // 20, the default, methods of the JDK stay out of the packet loops, which halves their speed.
            "-XX:ProfileMaturityPercentage=10",
            "-XX:CompileCommand=quiet",
            // Only at work where a class is made at run time, and then the largest piece of all for the first compiler.
            "-XX:CompileCommand=exclude,jdk.internal.classfile.impl.StackMapGenerator::processBlock",
            // A method that needs more to be compiled stays as the first compiler made it. The largest piece of
            // packet code needs 7 MiB; some control code would take 20 from what the pod's memory has room for.
            "-XX:CompileCommand=MemLimit,*.*,12M");

    /** Of the thresholds. A pod that sends few packets would wait minutes for compiled code; after 2,000 calls it has it. */
    private static final String SOON = "0.04";

    private static final String LATE = "1.0";

    private static final List<String> OTHERS = List.of(
            "-Djna.boot.library.path=/app/native",
            "-Djna.nounpack=true",
            "-Djava.net.preferIPv4Stack=false",
            "--enable-native-access=ALL-UNNAMED");

    private NodeOptions() {}

    /** @param module sidecar or relay */
    static List<String> list(String module) {
        List<String> options = new ArrayList<>(MEMORY);
        options.addAll(COMPILER);
        PACKET_CODE.stream().filter(code -> isOf(module, code)).forEach(code -> options.add(threshold(code, SOON)));
        if (isOf(module, CONTROL_CODE)) {
            options.add(threshold(CONTROL_CODE, LATE)); // of two that fit, the later one counts
        }
        options.addAll(seams());
        options.addAll(OTHERS);
        return options;
    }

    private static String threshold(String code, String scale) {
        return "-XX:CompileCommand=CompileThresholdScaling," + code + "*::*," + scale;
    }

    /** Code of a sidecar is no code of a relay. */
    private static boolean isOf(String module, String code) {
        return List.of("sidecar", "relay").stream()
                .filter(other -> !other.equals(module))
                .noneMatch(other -> code.startsWith("io.vpnmesh." + other + "."));
    }

    /** Those that say where the compiled code of packets is cut. */
    public static List<String> seams() {
        return SEAMS.stream()
                .map(method -> "-XX:CompileCommand=dontinline," + method)
                .toList();
    }
}
