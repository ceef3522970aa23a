// SPDX-License-Identifier: Apache-2.0
package io.vpnmesh.ipsec.interop;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/** Plays cells against one implementation, each in a lab of its own, and prints what came of it. */
final class Matrix {

    private record Result(Cell cell, double seconds, boolean isGood) {}

    private final Peer.Factory factory;
    private final Path folder;
    private final List<Result> results = new ArrayList<>();

    /** @param folder for keys, configurations and logs */
    Matrix(Peer.Factory factory, Path folder) {
        this.factory = factory;
        this.folder = folder;
    }

    /** A test for each cell whose title has what {@code -Dcell=REGEX} asks for, and last the printed matrix. */
    Stream<DynamicNode> tests(List<Cell> cells) {
        Pattern wanted = Pattern.compile(System.getProperty("cell", ""));
        Stream<DynamicTest> played = cells.stream()
                .filter(cell -> wanted.matcher(cell.title()).find())
                .map(cell -> DynamicTest.dynamicTest(cell.title(), () -> play(cell)));
        return Stream.concat(played, Stream.of(DynamicTest.dynamicTest("matrix", this::print)));
    }

    private void play(Cell cell) throws IOException {
        long start = System.nanoTime();
        boolean isGood = false;
        try (Meeting meeting = new Meeting(cell, factory, folder)) {
            try {
                cell.scenario().play(meeting);
                isGood = true;
            } catch (AssertionError | IOException | RuntimeException e) {
                throw new AssertionError(cell.title() + ": " + e.getMessage() + meeting.evidence(), e);
            }
        } finally {
            results.add(new Result(cell, (System.nanoTime() - start) / 1e9, isGood));
        }
    }

    private void print() throws IOException {
        StringBuilder text =
                new StringBuilder("\ninterop with ").append(factory.version()).append('\n');
        for (Result result : results) {
            text.append(String.format(
                    Locale.ROOT,
                    "  %-6s %5.1f s  %-34s %s%n",
                    result.isGood ? "ok" : "FAILED",
                    result.seconds,
                    result.cell.title(),
                    result.cell.must()));
        }
        long good = results.stream().filter(Result::isGood).count();
        double seconds = results.stream().mapToDouble(Result::seconds).sum();
        text.append(String.format(Locale.ROOT, "  %d of %d cells, %.0f s%n", good, results.size(), seconds));
        System.out.print(text);
        if (results.isEmpty()) {
            throw new AssertionError("no cell was asked for");
        }
    }
}
