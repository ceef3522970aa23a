// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.bench;

import io.vpnmesh.images.NodeOptions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** One round of benchmarks, each in a process of its own, with what it took and allocated. */
public final class JmhRun {

    /** In nanoseconds and bytes, per operation. */
    public record Cost(double wallNs, double processorNs, double allocatedBytes) {}

    private JmhRun() {}

    /**
     * Runs all benchmarks of a class.
     *
     * @return by {@code method}, or {@code method:parameter} where the benchmark has one
     */
    public static Map<String, Cost> of(Class<?> benchmarks) {
        return run(options(benchmarks));
    }

    /**
     * A short round for what is allocated, and nothing else: every {@code new} counts, because the compiler must not prove
     * any away. Otherwise what it proves of a library's objects in one benchmark and not in another would be a difference.
     */
    public static Map<String, Cost> counting(Class<?> benchmarks) {
        return run(options(benchmarks)
                .warmupIterations(1)
                .measurementIterations(1)
                .jvmArgsAppend("-XX:-DoEscapeAnalysis"));
    }

    /** A heap that is not in the way, and code cut into the pieces that it has in the images. */
    private static String[] jvm() {
        List<String> options = new ArrayList<>(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-Xms256m",
                "-Xmx256m",
                "-XX:CompileCommand=quiet"));
        options.addAll(NodeOptions.seams());
        return options.toArray(String[]::new);
    }

    private static ChainedOptionsBuilder options(Class<?> benchmarks) {
        return new OptionsBuilder()
                .include("^" + benchmarks.getName().replace(".", "\\.") + "\\.")
                .addProfiler(GCProfiler.class)
                .addProfiler(ProcessorTime.class)
                .forks(1)
                .verbosity(VerboseMode.SILENT)
                .shouldFailOnError(true)
                .jvmArgs(jvm());
    }

    private static Map<String, Cost> run(ChainedOptionsBuilder options) {
        try {
            Collection<RunResult> results = new Runner(options.build()).run();
            Map<String, Cost> costs = new TreeMap<>();
            for (RunResult result : results) {
                costs.put(name(result), cost(result));
            }
            return costs;
        } catch (RunnerException e) {
            throw new IllegalStateException("a benchmark did not run to its end", e);
        }
    }

    private static String name(RunResult result) {
        String benchmark = result.getParams().getBenchmark();
        StringBuilder name = new StringBuilder(benchmark.substring(benchmark.lastIndexOf('.') + 1));
        for (String parameter : result.getParams().getParamsKeys()) {
            name.append(':').append(result.getParams().getParam(parameter));
        }
        return name.toString();
    }

    private static Cost cost(RunResult result) {
        Map<String, Result> secondary = result.getSecondaryResults();
        return new Cost(
                result.getPrimaryResult().getScore(),
                score(secondary, ProcessorTime.NAME),
                score(secondary, "gc.alloc.rate.norm"));
    }

    private static double score(Map<String, Result> results, String name) {
        Result result = results.get(name);
        return result == null ? Double.NaN : result.getScore();
    }
}
